"""The worker inside `serve`: what the inbox holds is taken up, before and after a start."""

import time

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.support.deliveries import encode, headers, pull_request_payload
from worker.store import Database, Inbox


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


def wait_for(inbox: Inbox, *states: str) -> None:
    deadline = time.monotonic() + 60
    while not set(states) & set(inbox.counts()):
        assert time.monotonic() < deadline, inbox.counts()
        time.sleep(0.05)


def test_deliveries_are_worked_on(settings: Settings) -> None:
    with TestClient(create_app(settings)) as client:
        deliver(client)
        wait_for(Inbox(Database(settings.database_url)), "failed", "done")


def test_what_was_accepted_before_the_start_is_taken_up(settings: Settings) -> None:
    inbox = Inbox(Database(settings.database_url))
    with TestClient(create_app(settings, embedded=False)) as client:
        deliver(client)
    assert inbox.counts() == {"accepted": 1}
    with TestClient(create_app(settings)):
        wait_for(inbox, "failed", "done")
