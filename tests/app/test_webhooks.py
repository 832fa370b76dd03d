import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import text

from app.main import create_app
from app.settings import Settings
from app.webhooks import MAX_BODY_BYTES
from tests.support.deliveries import encode, headers, pull_request_payload
from tests.support.npm import npm_package
from worker.store import Database, Inbox

URL = "/webhooks/github"


def post(client: TestClient, payload: object, **named: str) -> Response:
    body = payload if isinstance(payload, bytes) else encode(payload)
    return client.post(URL, content=body, headers=headers(body, **named))


def stored(settings: Settings) -> dict[str, int]:
    return Inbox(Database(settings.database_url)).counts()


def test_accepted_and_stored_before_the_answer(client: TestClient, settings: Settings) -> None:
    assert post(client, pull_request_payload()).status_code == 202
    assert stored(settings) == {"accepted": 1}


def test_repeats_are_harmless(client: TestClient, settings: Settings) -> None:
    answers = [post(client, pull_request_payload(), guid="one").status_code for _ in range(3)]
    assert answers == [202, 202, 202]
    assert stored(settings) == {"accepted": 1}


def test_message_goes_to_the_queue_of_reviews(client: TestClient) -> None:
    post(client, pull_request_payload())
    parts = client.app.state.parts  # type: ignore[attr-defined]
    parts.intake.stop()
    with parts.celery.connection_for_read() as connection:
        message = connection.SimpleQueue("reviews").get(timeout=5)
    assert message.headers["task"] == "faultline.plan_review"
    assert message.payload[0] == [1]


@pytest.mark.parametrize("event", ["push", "check_suite", "an_event_of_2030", "ping"])
def test_other_events_are_acknowledged_and_dropped(
    client: TestClient, settings: Settings, event: str
) -> None:
    assert post(client, {"zen": "Keep it logically awesome."}, event=event).status_code == 204
    assert stored(settings) == {}


def test_wrong_signature(client: TestClient, settings: Settings) -> None:
    body = encode(pull_request_payload())
    for bad in ("", "sha256=" + "0" * 64, "sha256=ü", "sha1=abc", "é" * 10):
        named = {**headers(body), "X-Hub-Signature-256": bad.encode("latin-1")}
        assert client.post(URL, content=body, headers=named).status_code == 401
    assert post(client, pull_request_payload(), secret="another").status_code == 401
    assert stored(settings) == {}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"nul"])
def test_malformed_json(client: TestClient, body: bytes) -> None:
    assert post(client, body).status_code == 400


@pytest.mark.parametrize("value", [[], None, "text", 3, {}, {"action": ["opened"]}])
def test_json_of_another_shape(client: TestClient, value: object) -> None:
    assert post(client, value).status_code == 204


def test_form_encoding_is_named(client: TestClient) -> None:
    body = encode(pull_request_payload())
    named = {**headers(body), "Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post(URL, content=body, headers=named)
    assert answer.status_code == 415
    assert "application/json" in answer.json()["message"]


def test_missing_names(client: TestClient) -> None:
    body = encode(pull_request_payload())
    for name in ("X-GitHub-Event", "X-GitHub-Delivery"):
        named = headers(body)
        del named[name]
        assert client.post(URL, content=body, headers=named).status_code == 400


def test_declared_length_over_the_cap(client: TestClient) -> None:
    body = b" " * (MAX_BODY_BYTES + 1)
    assert client.post(URL, content=body, headers=headers(b"")).status_code == 413


def test_a_declared_length_of_thousands_of_digits(client: TestClient) -> None:
    odd = {**headers(b""), "Content-Length": "9" * 5000}
    assert client.post(URL, content=b"", headers=odd).status_code == 413


def test_stream_over_the_cap_is_cut_off(client: TestClient) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(40):
            sent += 1
            yield b" " * 1024 * 1024

    assert client.post(URL, content=endless(), headers=headers(b"")).status_code == 413


def test_large_body_under_the_cap(client: TestClient) -> None:
    payload = pull_request_payload() | {"filler": "x" * (3 * 2**20)}
    assert post(client, payload).status_code == 202


def test_without_a_secret_nothing_is_accepted(settings: Settings) -> None:
    bare = settings.model_copy(
        update={"github_webhook_secret": type(settings.github_webhook_secret)("")}
    )
    with TestClient(create_app(bare, embedded=False)) as client:
        assert post(client, pull_request_payload(), secret="").status_code == 503


def test_full_disk_is_told(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    def refuse(_batch: object) -> None:
        raise OperationalError("insert", {}, Exception("database or disk is full"))

    parts = client.app.state.parts  # type: ignore[attr-defined]
    monkeypatch.setattr(parts.intake._inbox, "accept", refuse)
    assert post(client, pull_request_payload()).status_code == 503
    monkeypatch.undo()
    assert post(client, pull_request_payload()).status_code == 202


@pytest.fixture(scope="session")
def examples() -> list[tuple[str, object]]:
    package = npm_package("@octokit/webhooks-examples", "7.6.1")
    events = json.loads((package / "api.github.com" / "index.json").read_text())
    return [(event["name"], example) for event in events for example in event["examples"]]


def test_every_published_example(
    client: TestClient, settings: Settings, examples: list[tuple[str, object]]
) -> None:
    assert len(examples) == 329
    statuses = [post(client, payload, event=name).status_code for name, payload in examples]
    assert set(statuses) == {202, 204}
    assert stored(settings) == {"accepted": statuses.count(202)}


def test_the_number_of_changed_files_is_kept(client: TestClient, settings: Settings) -> None:
    payload = pull_request_payload()
    payload["pull_request"]["changed_files"] = 17
    assert post(client, payload).status_code == 202
    with Database(settings.database_url).read() as connection:
        assert connection.execute(text("SELECT weight, lane FROM deliveries")).all() == [(17, "42")]
