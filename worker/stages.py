"""The two stages of a review: plan (short, many at once) and review (long, one per processor).

Both may be interrupted anywhere and started again: what GitHub already has is looked for before it
is made, and what the store already knows is not asked again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from analyzer import Configuration, ConfigurationError
from worker import logs, posting
from worker.errors import AnalysisFailed, Held, Moved, Unavailable
from worker.looking import Looked, look
from worker.printable import printable
from worker.pulls import (
    PullRequest,
    read_changed_files,
    read_pull_request,
    read_settings,
)
from worker.review import Context, Earlier, Policy, Review, compose
from worker.standing import read_standing
from worker.store import NewRun, RememberedFinding, Run
from worker.summary import CheckOutput, trouble
from worker.threads import set_resolved
from worker.wanted import check_wanted
from worker.work import Work

__all__ = ["Work", "give_up", "plan", "review"]

log = logging.getLogger(__name__)

LAGGING_ATTEMPTS = 3  # how often we wait for GitHub to know the head that its webhook told us of


def plan(work: Work) -> bool:
    """Look at the pull request and open its check run; whether there is something to review."""
    with _dropping(work):
        return _plan(work)


def _plan(work: Work) -> bool:
    pull = _current(work)
    configuration = _configuration(work, pull)
    if isinstance(configuration, Configuration):
        check_wanted(work.services, work.message, pull, configuration)
    run = _hold(work, pull)
    logs.note(run=run.id)
    check_run = posting.ensure_check_run(work.api, pull, run.check_run_id)
    work.services.runs.has_check_run(run.id, check_run)
    if run.round and run.check_run_id is not None:
        posting.requeue(work.api, pull.repository, check_run)
    if isinstance(configuration, Configuration):
        return True
    output = trouble("The configuration is wrong", f"{configuration}\n\nNothing was reviewed.")
    _complete(work, replace(run, check_run_id=check_run), output, "failed")
    return False


@contextmanager
def _dropping(work: Work) -> Iterator[None]:
    """When there is nothing to review any more, an open check run must not stay open for ever."""
    try:
        yield
    except Moved as moved:
        run = work.services.runs.held_by(work.claim.id)
        if run is not None and run.check_run_id is not None and run.state in ("planned", "running"):
            output = trouble("Superseded", f"Not reviewed: {moved}.", rerun=False)
            _complete(work, run, output, "dropped")
        raise


def _current(work: Work) -> PullRequest:
    """The pull request, when its head is the one to review."""
    message = work.message
    pull = read_pull_request(work.api, message.repository, message.number)
    if not pull.is_open:
        raise Moved("the pull request is closed")
    if pull.head_sha != message.head_sha:
        if work.services.inbox.is_superseded(work.claim):
            raise Moved("a newer push is reviewed instead")
        if work.claim.attempts < LAGGING_ATTEMPTS:
            raise Unavailable("GitHub does not show the pushed commit yet")
    return pull


def _configuration(work: Work, pull: PullRequest) -> Configuration | str:
    """The configuration, or what is wrong with it."""
    try:
        return read_settings(work.api, pull)
    except ConfigurationError as error:
        return str(error)


def _hold(work: Work, pull: PullRequest) -> Run:
    runs = work.services.runs
    new = NewRun(
        repository_id=pull.repository_id,
        repository=pull.repository,
        number=pull.number,
        head_sha=pull.head_sha,
        title=pull.title,
        private=pull.is_private,
        installation_id=work.message.installation_id,
    )
    run = runs.open(new)
    if run.state == "done" and work.message.again:
        runs.again(run.id, work.claim.id)
        run = runs.open(new)
    if run.state == "done":
        raise Moved("this head commit was reviewed already")
    if not runs.hold(run.id, work.claim.id):
        raise Held("another delivery works on this head commit")
    return run


def review(work: Work) -> None:
    """Run the programs, post the review, complete the check run."""
    with _dropping(work):
        _review(work)


def _review(work: Work) -> None:
    run = work.services.runs.held_by(work.claim.id)
    if run is None or run.check_run_id is None:
        raise Moved("the plan of this review is gone")
    logs.note(run=run.id)
    pull = _unmoved(work, run)
    configuration = _configuration(work, pull)
    if isinstance(configuration, str):
        raise AnalysisFailed("The configuration is wrong", configuration)
    work.services.runs.started(run.id)
    files = read_changed_files(work.api, pull)
    looked = look(work, run, pull, configuration, files)
    work.lease.check()
    pull = _unmoved(work, run)  # the programs ran for minutes
    made = _compose(work, run, pull, configuration, looked)
    settle = posting.SETTLE_SECONDS * work.services.settings.faultline_backoff_scale
    review_id = posting.post_review(work.api, pull, made, settle=settle)
    if review_id is not None:
        work.services.runs.has_review(run.id, review_id)
    set_resolved(work.api, made.over, made.again)
    work.services.runs.remember(run.id, map(_to_remember, made.remembered))
    _complete(work, run, made.check, "done")


def _unmoved(work: Work, run: Run) -> PullRequest:
    """The pull request, while it is open and the run's commit is its head."""
    pull = read_pull_request(work.api, run.repository, run.number)
    if not pull.is_open:
        raise Moved("the pull request was closed")
    if pull.head_sha != run.head_sha:
        raise Moved("a newer push is reviewed instead")
    return pull


def give_up(work: Work, title: str, reason: str) -> None:
    """Say in the check run why there is no review; never the author's failure."""
    run = work.services.runs.held_by(work.claim.id)
    if run is not None and run.state != "done" and run.check_run_id is not None:
        _complete(work, run, trouble(title, f"{reason}\n\nNothing was reviewed."), "failed")


def _complete(work: Work, run: Run, output: CheckOutput, state: str) -> None:
    assert run.check_run_id is not None
    posting.complete(work.api, run.repository, run.check_run_id, output)
    work.services.runs.finished(run.id, state, output.conclusion, output.title, output.summary)
    if run.private:
        work.services.retention.reduce(run.id)


def _compose(
    work: Work, run: Run, pull: PullRequest, configuration: Configuration, looked: Looked
) -> Review:
    wishes = configuration.review
    rules_url = work.services.settings.faultline_rules_url
    policy = Policy(wishes.fail_on, wishes.max_comments, wishes.scope, rules_url)
    context = Context(
        standing=read_standing(work.api, pull),
        ignored=work.services.wishes.ignored(pull.repository_id, pull.number),
        notes=looked.notes,
        round=run.round,
        may_commit=not pull.is_fork,
    )
    earlier = _earlier(work, run)
    return compose(looked.report, looked.change, policy, pull.head_sha, earlier, context)


def _earlier(work: Work, run: Run) -> tuple[Earlier, ...]:
    """What the review before remembered: of this head commit, when it is reviewed again."""
    runs = work.services.runs
    known = runs.get(run.id) if run.round else None
    found = known.findings if known is not None else ()
    return tuple(map(_from_memory, found or runs.previous_findings(run)))


def _from_memory(found: RememberedFinding) -> Earlier:
    return Earlier(
        fingerprint=found.fingerprint,
        rule=found.rule,
        path=found.path,
        line=found.line,
        message=found.message,
        severity=found.severity,
        posted=found.posted,
    )


def _to_remember(found: Earlier) -> RememberedFinding:
    return RememberedFinding(
        fingerprint=found.fingerprint,
        rule=found.rule,
        severity=found.severity,
        path=found.path,
        line=found.line,
        message=printable(found.message),
        posted=found.posted,
    )
