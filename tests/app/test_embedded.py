"""The worker inside `serve`: what the inbox holds is taken up, before and after a start."""

import time

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.support.deliveries import encode, headers, pull_request_payload
from worker.queue import (
    ANALYSIS_CPU,
    PLAN_REVIEW,
    REVIEW,
    REVIEWS,
    PullRequestMessage,
    make_queue,
    send,
)
from worker.store import Database, Inbox, NewDelivery


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker reads its settings by itself: the same database, and a GitHub that is away."""
    monkeypatch.setenv("FAULTLINE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("GITHUB_APP_ID", "1")
    monkeypatch.setenv("GITHUB_APP_PRIVATE_KEY", "x")
    from worker.services import _of_process

    _of_process.cache_clear()


def deliver(client: TestClient) -> None:
    body = encode(pull_request_payload())
    answer = client.post("/webhooks/github", content=body, headers=headers(body))
    assert answer.status_code == 202


def worked_on(inbox: Inbox) -> dict[str, int]:
    """What became of the one delivery: with a useless key there is nothing but "failed"."""
    deadline = time.monotonic() + 60
    while not {"failed", "done"} & set(inbox.counts()):
        assert time.monotonic() < deadline, inbox.counts()
        time.sleep(0.05)
    return inbox.counts()


def test_deliveries_are_worked_on(settings: Settings) -> None:
    with TestClient(create_app(settings)) as client:
        deliver(client)
        assert worked_on(Inbox(Database(settings.database_url))) == {"failed": 1}


def test_what_was_accepted_before_the_start_is_taken_up(settings: Settings) -> None:
    inbox = Inbox(Database(settings.database_url))
    with TestClient(create_app(settings, embedded=False)) as client:
        deliver(client)
    assert inbox.counts() == {"accepted": 1}
    with TestClient(create_app(settings)):
        assert worked_on(inbox) == {"failed": 1}


def test_a_message_for_another_stage_takes_nothing(settings: Settings) -> None:
    """The embedded broker outlives an application in its process, and its numbers begin anew."""
    database = Database(settings.database_url)
    database.create()
    message = PullRequestMessage(5, 42, "owner/name", 7, "a" * 40)
    new = NewDelivery("guid", "pull_request", "42:7", message.to_json(), PLAN_REVIEW, REVIEWS)
    (due,) = Inbox(database).accept([new])
    with make_queue("") as queue:
        send(queue, REVIEW, ANALYSIS_CPU, due.id)  # comes first: the inbox has sent nothing yet
    with TestClient(create_app(settings)):
        assert worked_on(Inbox(database)) == {"failed": 1}
