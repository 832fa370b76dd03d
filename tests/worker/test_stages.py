"""The stages against the stand-in: what is reviewed, what is not, and how that is told."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.github import assert_described
from worker import stages
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.records import PullRequest as StandInPull
from worker.diff import ChangedFile
from worker.errors import AnalysisFailed, Held, Moved, Unavailable
from worker.github import Installation
from worker.lease import LEASE_SECONDS, Lease
from worker.pulls import PullRequest, read_changed_files
from worker.queue import PLAN_REVIEW, REVIEWS, PullRequestMessage
from worker.services import Services, open_services
from worker.settings import WorkerSettings
from worker.stages import Work
from worker.store import NewDelivery

Start = Callable[..., Work]


@pytest.fixture(autouse=True)
def _every_exchange_is_valid(github: GitHubStandIn) -> Iterator[None]:
    yield
    assert_described(github)


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.chdir(tmp_path)
    return open_services(WorkerSettings(faultline_home=tmp_path / "home"))


@pytest.fixture
def start(shared: Services, api: Installation, github: GitHubStandIn) -> Iterator[Start]:
    """Accepts and claims a delivery about the pull request."""
    leases = []

    def begin(pull: StandInPull, guid: str = "one", head: str | None = None) -> Work:
        where = pull.repository
        message = PullRequestMessage(
            github.installation_id, where.id, where.full_name, pull.number, head or pull.head_sha
        )
        new = NewDelivery(
            guid, "pull_request", message.subject, message.to_json(), PLAN_REVIEW, REVIEWS
        )
        (due,) = shared.inbox.accept([new])
        claim = shared.inbox.claim(due.id, LEASE_SECONDS)
        assert claim is not None
        lease = Lease(shared.inbox, claim)
        leases.append(lease)
        return Work(shared, claim, message, api, lease.__enter__())

    yield begin
    for lease in leases:
        lease.__exit__()


def test_plan_queues_a_check_run(start: Start, opened: StandInPull, github: GitHubStandIn) -> None:
    work = start(opened)
    assert stages.plan(work)
    assert stages.plan(work)  # interrupted and begun again
    (run,) = github.check_runs(opened)
    assert run.status == "queued"


def test_drafts_are_skipped_until_they_are_ready(
    start: Start, opened: StandInPull, github: GitHubStandIn
) -> None:
    github.mark_draft(opened, True)
    with pytest.raises(Moved, match="drafts are not reviewed"):
        stages.plan(start(opened))
    assert github.check_runs(opened) == []
    github.mark_draft(opened, False)
    assert stages.plan(start(opened, "two"))


def test_drafts_are_reviewed_where_the_base_branch_says_so(
    start: Start, opened: StandInPull, github: GitHubStandIn
) -> None:
    github.push("main", {".github/faultline.yml": b"review: {drafts: true}\n"})
    github.mark_draft(opened, True)
    assert stages.plan(start(opened))


def test_closed_is_not_reviewed(start: Start, opened: StandInPull, github: GitHubStandIn) -> None:
    github.close(opened)
    with pytest.raises(Moved, match="closed"):
        stages.plan(start(opened))


def test_wrong_configuration_is_told_with_its_line(
    start: Start, opened: StandInPull, github: GitHubStandIn
) -> None:
    text = b"version: 1\nreview:\n  max_coments: 3\n"
    github.push("main", {".github/faultline.yml": text})
    assert not stages.plan(start(opened))
    (run,) = github.check_runs(opened)
    assert (run.status, run.conclusion) == ("completed", "neutral")
    assert run.title == "The configuration is wrong"
    assert ".github/faultline.yml:3" in run.summary
    assert "max_comments" in run.summary


def test_an_older_head_is_left_to_the_newer_delivery(
    start: Start, opened: StandInPull, github: GitHubStandIn
) -> None:
    first = opened.head_sha
    github.push("topic", {"other.py": b"x\n"})
    old = start(opened, "one", head=first)
    with pytest.raises(Unavailable, match="does not show"):
        stages.plan(old)  # GitHub may lag behind its own webhook
    new = start(opened, "two")
    with pytest.raises(Moved, match="newer push"):
        stages.plan(old)
    assert stages.plan(new)


def test_a_head_that_never_shows_up_ends_with_the_one_that_is_there(
    start: Start, opened: StandInPull, github: GitHubStandIn
) -> None:
    work = start(opened, head="0" * 40)
    patient = replace(work, claim=replace(work.claim, attempts=stages.LAGGING_ATTEMPTS))
    assert stages.plan(patient)
    assert len(github.check_runs(opened)) == 1


def test_two_deliveries_of_one_head(
    start: Start, opened: StandInPull, github: GitHubStandIn
) -> None:
    first, second = start(opened, "one"), start(opened, "two")
    assert stages.plan(first)
    with pytest.raises(Held):
        stages.plan(second)
    stages.review(first)
    first.services.inbox.finish(first.claim, "reviewed")
    with pytest.raises(Moved, match="reviewed already"):
        stages.plan(second)
    assert len(github.check_runs(opened)) == 1


def test_no_program_in_the_change(start: Start, github: GitHubStandIn) -> None:
    github.push("docs", {"README.md": b"# Better nets\n"})
    pull = github.open_pull_request("docs", "Docs")
    work = start(pull)
    stages.plan(work)
    stages.review(work)
    (run,) = github.check_runs(pull)
    assert (run.conclusion, run.title) == (
        "neutral",
        "No training program in this change",
    )
    assert github.reviews(pull) == []
    assert not any("/tarball/" in exchange.path for exchange in github.exchanges)


STATIC = b"""\
import torch
from torch import nn
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
opt = torch.optim.Adam(model.parameters(), lr=0.001)
loss_fn = nn.CrossEntropyLoss()
raise SystemExit("a program from a fork must never run")
"""


def test_forks_are_read_and_not_run(start: Start, github: GitHubStandIn) -> None:
    (where,) = github.hub.repositories.values()
    fork = github.fork(where, "stranger")
    configuration = b"review: {forks: full}\n"  # a stranger's wish
    github.push(
        "topic",
        {"net.py": STATIC, ".github/faultline.yml": configuration},
        repository=fork,
        by="stranger",
    )
    pull = github.open_pull_request(
        "topic", "From a fork", repository=where, head=fork, by="stranger"
    )
    work = start(pull)
    assert stages.plan(work)
    stages.review(work)
    (run,) = github.check_runs(pull)
    assert run.conclusion == "neutral"
    assert "switched off" in run.summary


def test_a_push_during_the_review_drops_it(
    start: Start, opened: StandInPull, github: GitHubStandIn
) -> None:
    work, first = start(opened), opened.head_sha
    stages.plan(work)
    github.push("topic", {"other.py": b"x\n"})
    with pytest.raises(Moved, match="newer push"):
        stages.review(work)
    (run,) = github.check_runs(opened, first)
    assert (run.conclusion, run.title) == ("neutral", "Superseded")
    assert github.reviews(opened) == []


def test_a_push_while_the_programs_run_drops_it(
    start: Start, opened: StandInPull, github: GitHubStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, first = start(opened), opened.head_sha
    stages.plan(work)

    def read_and_push(api: Installation, pull: PullRequest) -> dict[str, ChangedFile]:
        files = read_changed_files(api, pull)
        github.push("topic", {"other.py": b"x\n"})
        return files

    monkeypatch.setattr(stages, "read_changed_files", read_and_push)
    with pytest.raises(Moved, match="newer push"):
        stages.review(work)
    (run,) = github.check_runs(opened, first)
    assert (run.status, run.conclusion, run.title) == ("completed", "neutral", "Superseded")


def test_a_plan_that_is_repeated_too_late_closes_its_check_run(
    start: Start, opened: StandInPull, github: GitHubStandIn
) -> None:
    work, first = start(opened, "one"), opened.head_sha
    stages.plan(work)  # and the worker dies
    github.push("topic", {"other.py": b"x\n"})
    start(opened, "two")
    with pytest.raises(Moved, match="newer push"):
        stages.plan(work)
    (run,) = github.check_runs(opened, first)
    assert (run.status, run.title) == ("completed", "Superseded")


def test_giving_up_is_neutral_and_can_be_tried_again(
    start: Start, opened: StandInPull, github: GitHubStandIn
) -> None:
    work = start(opened)
    stages.plan(work)
    stages.give_up(work, "The review did not succeed", "GitHub was away")
    (run,) = github.check_runs(opened)
    assert run.conclusion == "neutral"
    assert "GitHub was away" in run.summary
    work.services.inbox.finish(work.claim, "gave up", failed=True)
    again = start(opened)  # the same delivery, sent again by hand
    assert stages.plan(again)
    assert len(github.check_runs(opened)) == 1


def test_unknown_rule_in_the_configuration(
    start: Start, opened: StandInPull, github: GitHubStandIn
) -> None:
    work = start(opened)
    stages.plan(work)
    github.push("main", {".github/faultline.yml": b"rules: {select: [no-such-rule]}\n"})
    with pytest.raises(AnalysisFailed, match="no-such-rule"):
        stages.review(work)
