"""No request makes the server fail: whatever comes, the answer is below 500, or an honest 503."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.main import create_app
from app.settings import Settings
from app.webhooks import MAX_BODY_BYTES
from tests.support.deliveries import SECRET, comment_payload, headers, pull_request_payload
from tests.support.service import free_port

WEBHOOK = "/webhooks/github"
PAGES = ("/", "/runs", "/runs/1", "/setup", "/setup/callback", "/healthz", "/readyz", "/metrics")
RELAXED = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
EVENTS = st.sampled_from(
    ["pull_request", "issue_comment", "pull_request_review_comment", "check_run", "check_suite",
     "installation", "installation_repositories", "push", "ping", "", "x" * 500, "é"]
)  # fmt: skip
NUMBERS = st.integers() | st.integers(-(2**200), 2**200) | st.floats()
TEXTS = st.text() | st.sampled_from(["\ud800", "\x00", "../..", "/faultline run", "\u202e"])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
PAYLOADS = st.sampled_from(
    [pull_request_payload(), pull_request_payload("closed"), comment_payload("/faultline run"),
     {"action": "deleted", "installation": {"id": 5, "account": {"login": "x"}}}]
)  # fmt: skip


@pytest.fixture(params=["set up", "bare"])
def any_client(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    chosen = settings
    if request.param == "bare":
        for name in ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET"):
            monkeypatch.delenv(name, raising=False)
        chosen = Settings(faultline_home=settings.faultline_home)
    app = create_app(chosen, embedded=False)
    # an error in a handler is raised here, not hidden behind an answer
    with TestClient(app, raise_server_exceptions=True, follow_redirects=False) as client:
        yield client


@RELAXED
@given(st.data())
def test_any_signed_payload(client: TestClient, data: st.DataObject) -> None:
    payload = data.draw(PAYLOADS)
    for _ in range(data.draw(st.integers(0, 3))):
        payload = _with_one_change(payload, data)
    body = json.dumps(data.draw(st.sampled_from([payload, data.draw(JSON)]))).encode()
    named = headers(body, event="pull_request") | {"X-GitHub-Event": data.draw(EVENTS)}
    raw = {name: value.encode("latin-1", "replace") for name, value in named.items()}
    assert client.post(WEBHOOK, content=body, headers=raw).status_code in (202, 204, 400)


def _with_one_change(payload: dict[str, object], data: st.DataObject) -> dict[str, object]:
    key = data.draw(st.sampled_from(sorted(payload)) if payload else st.text())
    inner = payload.get(key)
    if isinstance(inner, dict) and inner and data.draw(st.booleans()):
        return {**payload, key: _with_one_change(inner, data)}
    return {**payload, key: data.draw(JSON)}


@RELAXED
@given(st.binary(max_size=200), EVENTS)
def test_any_signed_bytes(client: TestClient, body: bytes, event: str) -> None:
    named = headers(body) | {"X-GitHub-Event": event}
    raw = {name: value.encode("latin-1", "replace") for name, value in named.items()}
    assert client.post(WEBHOOK, content=body, headers=raw).status_code in (202, 204, 400)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"1" * 100_000,
        b'{"action": "opened", "installation": {"id": ' + b"9" * 5000 + b"}}",
        b'"' + b"\\ud800" * 1000 + b'"',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"NaN",
        b"1e999999",
        b"",
    ],
)
def test_hostile_json(client: TestClient, body: bytes) -> None:
    answer = client.post(WEBHOOK, content=body, headers=headers(body))
    assert answer.status_code in (204, 400)


@RELAXED
@given(
    st.sampled_from(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE")),
    st.sampled_from((*PAGES, WEBHOOK, "/docs", "/static/../../etc/passwd", "/runs/%00")),
    st.dictionaries(
        st.sampled_from(["before", "code", "state", "key", "url", "github", "organization", "x"]),
        st.text(max_size=400) | st.integers().map(str),
    ),
    st.dictionaries(
        st.sampled_from(
            ["Host", "Cookie", "Content-Type", "Content-Length", "X-Forwarded-For", "Range"]
        ),
        st.binary(max_size=60).map(lambda raw: bytes(b for b in raw if 32 < b < 127)),
    ),
)
def test_any_request(
    any_client: TestClient,
    method: str,
    path: str,
    query: dict[str, str],
    named: dict[str, bytes],
) -> None:
    known = {name: value.encode("utf-8", "surrogatepass") for name, value in query.items()}
    answer = any_client.request(method, path, params=known, headers=named)
    is_not_set_up = answer.status_code == 503 and path == WEBHOOK
    assert answer.status_code < 500 or is_not_set_up
    assert SECRET not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_pages_let_nothing_foreign_in(any_client: TestClient, path: str) -> None:
    answer = any_client.get(path)
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.fixture
def address(settings: Settings) -> Iterator[tuple[str, int]]:
    """A real server, for bytes that no client library sends."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings, embedded=False), host="127.0.0.1", port=port, log_level="warning"
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield "127.0.0.1", port
    server.should_exit = True
    thread.join(30)


def say(address: tuple[str, int], data: bytes) -> bytes:
    """What the server answers to raw bytes."""
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


START = b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    "data",
    [
        START + b"Content-Length: 99999999999999999999\r\n\r\n",
        START + b"Content-Length: -5\r\n\r\n",
        START + b"Content-Length: x\r\n\r\n",
        START + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        START + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        START + b"X-Hub-Signature-256: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
        START + f"Content-Length: {MAX_BODY_BYTES + 1}\r\n\r\n".encode(),
        START + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n",
        START + b"Content-Length: 10\r\n\r\n{",
        b"GET /setup HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n",
        b"GET /setup HTTP/1.1\r\nHost: a:b:c\r\nConnection: close\r\n\r\n",
        b"GET /setup HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /setup?%ff=%00&url=%ff HTTP/1.1\r\nHost: \xff\xfe\r\nConnection: close\r\n\r\n",
        b"GET //// HTTP/1.0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
)
def test_raw_bytes(address: tuple[str, int], data: bytes) -> None:
    assert not say(address, data).startswith((b"HTTP/1.1 5", b"HTTP/1.0 5"))
    fine = say(address, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert fine.startswith(b"HTTP/1.1 200")
