"""The demo, step by step: a pull request goes in, a review comes out, its suggestions are taken."""

import re
import signal
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.acts import open_suggestions
from worker.demo.github_standin.records import CheckRun, PullRequest, Review, ReviewComment
from worker.demo.progress import Progress
from worker.demo.rendering import Paint, check_run_text, review_text
from worker.demo.repository import base_files, pull_request_files
from worker.demo.service import DemoFailed, Service

REPOSITORY = "octo-org/digits"
BRANCH = "deeper-networks"
TITLE = "Try deeper networks"
REVIEW_TIMEOUT = 300.0  # seconds; far more than a busy machine of two processors needs


@dataclass(frozen=True)
class Demo:
    """What every step needs."""

    github: GitHubStandIn
    service: Service
    progress: Progress
    paint: Paint


@dataclass(frozen=True)
class Reviewed:
    """The App's answer to one head commit."""

    run: CheckRun
    review: Review | None
    comments: Sequence[ReviewComment]


def run() -> int:
    """The whole demo; 0 only when the second review says that everything accepted is fixed."""
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="faultline-demo-") as folder:
        return _run(progress, Path(folder))


def _run(progress: Progress, home: Path) -> int:
    earlier = signal.signal(signal.SIGTERM, _interrupt)  # so that the children end with us
    service: Service | None = None
    try:
        with GitHubStandIn() as github:
            progress.say(f"a stand-in for GitHub listens at {github.url}")
            github.create_repository(REPOSITORY, base_files(), "Two networks that read digits")
            progress.say(f"repository {REPOSITORY}: {', '.join(base_files())}")
            service = Service(home, github.environment())
            with service:
                progress.say(f"faultline serve, the App and its worker, listens at {service.url}")
                github.webhook_url = service.webhook_url
                paint = Paint(progress.is_terminal)
                _walk(Demo(github, service, progress, paint))
    except DemoFailed as failure:
        return _report(progress, str(failure), service)
    except KeyboardInterrupt:
        progress.say("interrupted")
        return 130
    finally:
        signal.signal(signal.SIGTERM, earlier)
    return 0


def _interrupt(signal_number: int, _frame: object) -> None:
    raise KeyboardInterrupt(f"signal {signal_number}")


def _report(progress: Progress, failure: str, service: Service | None) -> int:
    progress.say(f"the demo failed: {failure}")
    tail = "" if service is None else service.tail()
    if tail:
        progress.show(f"the end of the log of `faultline serve`\n\n{tail}")
    return 1


def _walk(demo: Demo) -> None:
    pull = _open(demo)
    first = _reviewed(demo, pull)
    _show(demo, first)
    offered = open_suggestions(pull)
    if first.review is None or not offered:
        raise DemoFailed("the pull request breaks its programs, and the review suggests nothing")
    demo.github.accept_suggestions(pull)
    accepted = f"mona commits {len(offered)} suggestions as {pull.head_sha[:7]}"
    demo.progress.say(accepted)
    second = _reviewed(demo, pull)
    _show(demo, second)
    _insist(second, offered)
    taken = ", ".join(rules_of(offered))
    demo.progress.say(demo.paint.good(f"fixed, says the second review: {taken}"))


def _open(demo: Demo) -> PullRequest:
    demo.github.push(BRANCH, pull_request_files(), TITLE)
    pull = demo.github.open_pull_request(BRANCH, TITLE, body="They should learn faster.")
    demo.progress.say(f'mona opens pull request #{pull.number} "{TITLE}", head {pull.head_sha[:7]}')
    demo.github.flush()
    opened = demo.github.deliveries[-1]
    if not 200 <= opened.status_code < 300:
        raise DemoFailed(f"the App answered the webhook with {opened.status}")
    demo.progress.say(f"the webhook pull_request.opened is answered with {opened.status_code}")
    return pull


def _reviewed(demo: Demo, pull: PullRequest) -> Reviewed:
    """Waits until the check run at the head is completed; its review is posted before that."""
    head = pull.head_sha

    def is_done() -> bool:
        demo.service.check()
        runs = demo.github.check_runs(pull, head)
        return bool(runs) and runs[-1].status == "completed"

    demo.progress.wait(is_done, _status(demo, pull, head), REVIEW_TIMEOUT)
    demo.github.flush()  # the App still hears of its own review
    run = demo.github.check_runs(pull, head)[-1]
    demo.progress.say(f"check run {run.name}: completed, {run.conclusion}")
    posted = [one for one in demo.github.reviews(pull) if one[0].commit_id == head]
    review, comments = posted[-1] if posted else (None, [])
    return Reviewed(run, review, comments)


def _status(demo: Demo, pull: PullRequest, head: str) -> Callable[[], str]:
    def status() -> str:
        runs = demo.github.check_runs(pull, head)
        if not runs:
            return f"waiting for a check run at {head[:7]}"
        title = f": {runs[-1].title}" if runs[-1].title else ""
        return f"check run {runs[-1].name}: {runs[-1].status}{title}"

    return status


def _show(demo: Demo, reviewed: Reviewed) -> None:
    parts = []
    if reviewed.review is not None:
        parts.append(review_text(demo.paint, reviewed.review, reviewed.comments))
    parts.append(check_run_text(demo.paint, reviewed.run))
    demo.progress.show("\n\n".join(parts))


def _insist(second: Reviewed, accepted: Sequence[ReviewComment]) -> None:
    """The second review must say of each accepted finding that it is fixed, and find no new one."""
    if second.review is None:
        raise DemoFailed("the second push got no review")
    if second.comments:
        again = ", ".join(rules_of(second.comments)) or f"{len(second.comments)} comments"
        raise DemoFailed(f"the second review still comments: {again}")
    missing = [rule for rule in rules_of(accepted) if rule not in fixed_rules(second.review.body)]
    if missing:
        raise DemoFailed(f"the second review does not call fixed: {', '.join(missing)}")


def rules_of(comments: Sequence[ReviewComment]) -> list[str]:
    """The rules that comments are about: each finding starts with its severity and its rule."""
    named = [re.findall(r"\*\*(?:error|warning)\*\* · `([\w-]+)`", one.body) for one in comments]
    return list(dict.fromkeys(rule for rules in named for rule in rules))


def fixed_rules(body: str) -> list[str]:
    """The rules listed below "Fixed since the last review"."""
    section = re.search(r"Fixed since the last review[^\n]*\n\n((?:- .*\n?)+)", body)
    return re.findall(r"(?m)^- `([\w-]+)`", section[1]) if section else []
