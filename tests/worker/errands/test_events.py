"""Buttons, closed pull requests, installations: from GitHub's webhook to what is done."""

from collections.abc import Callable

import pytest
from celery import Celery
from sqlalchemy import select

from app.events import read_event
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.records import CheckRun, PullRequest
from worker.messages import InstallationMessage, Message
from worker.queue import PLAN_REVIEW, REVIEWS, PullRequestMessage
from worker.services import Services
from worker.store import NewDelivery, NewRun, RememberedFinding
from worker.store.tables import deliveries, findings, runs, wishes

Work = Callable[[], None]


def asked(shared: Services) -> list[tuple[int, bool]]:
    table = deliveries
    with shared.inbox._database.read() as connection:
        rows = connection.execute(table.select().where(table.c.task == PLAN_REVIEW)).all()
    messages = [PullRequestMessage.from_json(row.message) for row in rows]
    return list(dict.fromkeys((one.number, one.again) for one in messages))


def planned(shared: Services, pull: PullRequest, state: str, installation: int = 5) -> int:
    where = pull.repository
    run = shared.runs.open(
        NewRun(where.id, where.full_name, pull.number, pull.head_sha, "", True, installation)
    )
    if state != "planned":
        shared.runs.finished(run.id, state, "", "", "")
    return run.id


@pytest.fixture
def check_run(github: GitHubStandIn, opened: PullRequest) -> CheckRun:
    from tests.support.github import as_installation

    made = as_installation(github).post(
        f"/repos/{opened.repository.full_name}/check-runs",
        {
            **{"name": "Faultline", "head_sha": opened.head_sha, "status": "queued"},
            "external_id": f"pull/{opened.number}",
            "actions": [
                {"label": "Re-run", "description": "once more", "identifier": "rerun"},
                {"label": "Apply fixes", "description": "all", "identifier": "fix"},
            ],
        },
    )
    return opened.repository.check_runs[made.json()["id"]]


def test_rerun_of_the_check_run(
    github: GitHubStandIn, opened: PullRequest, check_run: CheckRun, shared: Services, work: Work
) -> None:
    github.rerun(opened, check_run)
    work()
    assert asked(shared) == [(opened.number, True)]


def test_rerun_of_the_suite(
    github: GitHubStandIn, opened: PullRequest, shared: Services, work: Work
) -> None:
    github.rerun_suite(opened)
    work()
    assert asked(shared) == [], "nothing is known of this head commit yet"
    planned(shared, opened, "done")
    github.rerun_suite(opened)
    work()
    assert asked(shared) == [(opened.number, True)]


def test_buttons(
    github: GitHubStandIn, opened: PullRequest, check_run: CheckRun, shared: Services, work: Work
) -> None:
    github.click(opened, check_run, "rerun")
    work()
    assert asked(shared) == [(opened.number, True)]
    github.click(opened, check_run, "fix")
    work()
    told = opened.repository.issue_comments.values()
    assert {comment.user.type for comment in told} == {"Bot"}
    assert all("review" in comment.body for comment in told), "there is none yet, and so no fixes"


def test_a_button_on_an_older_commit_does_nothing(
    github: GitHubStandIn, opened: PullRequest, check_run: CheckRun, shared: Services, work: Work
) -> None:
    github.push("topic", {"train.py": b"1\n"})
    github.rerun(opened, check_run)
    work()
    assert asked(shared) == []


def test_a_button_pressed_by_a_reader_does_nothing(
    github: GitHubStandIn, opened: PullRequest, check_run: CheckRun, shared: Services, work: Work
) -> None:
    github.rerun(opened, check_run, by="stranger")
    work()
    assert asked(shared) == []


def test_closing_cancels_what_runs(
    github: GitHubStandIn, opened: PullRequest, check_run: CheckRun, shared: Services, work: Work
) -> None:
    run = planned(shared, opened, "planned")
    shared.runs.has_check_run(run, check_run.id)
    github.close(opened)
    work()
    assert (check_run.status, check_run.conclusion) == ("completed", "cancelled")
    assert shared.runs.get(run).run.state == "dropped"  # type: ignore[union-attr]
    assert shared.runs.unfinished(opened.repository.id, opened.number) == ()


def test_closing_leaves_what_is_done(
    github: GitHubStandIn, opened: PullRequest, shared: Services, work: Work
) -> None:
    run = planned(shared, opened, "done")
    github.close(opened)
    before = len(github.exchanges)
    work()
    assert len(github.exchanges) == before
    assert shared.runs.get(run).run.state == "done"  # type: ignore[union-attr]


def test_a_review_that_waits_is_superseded_by_closing(
    github: GitHubStandIn, opened: PullRequest, shared: Services
) -> None:
    message = read_event("pull_request", github.deliveries[-1].payload)
    assert isinstance(message, PullRequestMessage)
    new = NewDelivery("1", "pull_request", message.subject, message.to_json(), PLAN_REVIEW, REVIEWS)
    (due,) = shared.inbox.accept([new])
    claim = shared.inbox.claim(due.id, 60)
    assert claim is not None
    assert not shared.inbox.is_superseded(claim)
    github.close(opened)
    closed = read_event("pull_request", github.deliveries[-1].payload)
    assert isinstance(closed, Message)
    shared.inbox.accept(
        [NewDelivery("2", "pull_request", closed.subject, closed.to_json(), closed.task, REVIEWS)]  # type: ignore[attr-defined]
    )
    assert shared.inbox.is_superseded(claim)


def rows(shared: Services) -> dict[str, int]:
    """How much is stored of what is about a repository."""
    with shared.inbox._database.read() as connection:
        tables = (runs, findings, wishes, deliveries)
        return {table.name: len(connection.execute(select(table)).all()) for table in tables}


@pytest.fixture
def full(shared: Services, opened: PullRequest) -> Services:
    """Something is known of one repository."""
    where = opened.repository
    run = planned(shared, opened, "done")
    found = RememberedFinding("f", "rule", "error", "train.py", 3, "wrong", True)
    shared.runs.remember(run, [found])
    shared.wishes.ignore(where.id, opened.number, "rule", "mona")
    message = PullRequestMessage(5, where.id, where.full_name, opened.number, opened.head_sha)
    shared.inbox.accept(
        [NewDelivery("old", "x", message.subject, message.to_json(), PLAN_REVIEW, REVIEWS)]
    )
    # and of another whose number begins with the same digits
    shared.wishes.ignore(int(f"{where.id}1"), 1, "rule", "mona")
    return shared


def test_an_installation_that_is_removed_is_forgotten(
    github: GitHubStandIn, full: Services, work: Work
) -> None:
    github.announce_installation("created")
    work()
    (known,) = full.installations.all()
    assert (known.id, known.account) == (github.installation_id, "octo-org")
    assert dict(known.permissions)["checks"] == "write"
    github.announce_installation("suspend")
    work()
    assert full.installations.all()[0].suspended
    github.announce_installation("deleted")
    work()
    assert full.installations.all() == ()
    left = rows(full)
    assert (left["runs"], left["findings"], left["wishes"]) == (0, 0, 1)
    assert full.inbox.counts() == {"done": 6}, "the old delivery is gone, the errands are not"


def test_a_repository_that_is_taken_out_is_forgotten(
    github: GitHubStandIn, opened: PullRequest, full: Services, work: Work
) -> None:
    github.remove_repository(opened.repository)
    work()
    left = rows(full)
    assert (left["runs"], left["findings"], left["wishes"]) == (0, 0, 1)
    assert [one.account for one in full.installations.all()] == ["octo-org"]


def test_runs_are_known_by_their_installation_too(full: Services, queue: Celery) -> None:
    """An event that names no repositories, as for an account with very many."""
    gone = InstallationMessage(5, "octo-org", "all", "deleted", (), ())
    (due,) = full.inbox.accept(
        [NewDelivery("gone", "x", gone.subject, gone.to_json(), gone.task, REVIEWS)]
    )
    queue.tasks[gone.task].apply([due.id], throw=True)
    assert rows(full)["runs"] == 0


def test_a_defect_of_an_errand_ends_in_the_inbox(
    full: Services, queue: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worker.errands import installing

    def defect(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(installing, "note", defect)
    gone = InstallationMessage(5, "octo-org", "all", "deleted", (), ())
    (due,) = full.inbox.accept(
        [NewDelivery("gone", "x", gone.subject, gone.to_json(), gone.task, REVIEWS)]
    )
    queue.tasks[gone.task].apply([due.id])
    assert full.inbox.counts() == {"failed": 1, "accepted": 1}
