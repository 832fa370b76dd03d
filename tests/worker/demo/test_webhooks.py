"""Deliveries reach a real receiver, signed over the bytes that arrive."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.support.github import Client, as_app
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.records import PullRequest

R = "/repos/octo-org/digits"


class Receiver(HTTPServer):
    """Keeps the headers and the bytes of what arrives; answers `status`."""

    def __init__(self) -> None:
        self.arrived: list[tuple[dict[str, str], bytes]] = []
        self.status = 202
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.arrived.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_events_arrive_signed_and_in_order(
    standin: GitHubStandIn, receiver: Receiver, pull: PullRequest
) -> None:
    standin.webhook_url = f"http://127.0.0.1:{receiver.server_port}/webhooks/github"
    standin.push("faster", {"n\u00e9w.py": "a = 1\n"}, "Add a file named n\u00e9w")
    standin.flush()
    events = [headers["X-GitHub-Event"] for headers, _ in receiver.arrived]
    assert events == ["push", "check_suite", "pull_request"]
    for headers, body in receiver.arrived:
        digest = hmac.new(standin.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        assert headers["X-Hub-Signature-256"] == f"sha256={digest}"
        assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert len({headers["X-GitHub-Delivery"] for headers, _ in receiver.arrived}) == 3
    synchronize = json.loads(receiver.arrived[-1][1])
    assert synchronize["action"] == "synchronize"
    assert synchronize["pull_request"]["head"]["sha"] == pull.head_sha
    assert synchronize["installation"]["id"] == standin.installation_id
    assert "n\u00e9w.py".encode() in receiver.arrived[0][1]  # UTF-8, not escaped


def test_a_redelivery_keeps_its_guid(standin: GitHubStandIn, receiver: Receiver) -> None:
    receiver.status = 500
    standin.create_repository("octo-org/digits", {"a.py": "a\n"})
    standin.webhook_url = f"http://127.0.0.1:{receiver.server_port}/"
    standin.push("main", {"a.py": "b\n"})
    standin.flush()
    first = standin.deliveries[0]
    assert (first.status_code, first.status) == (500, "Invalid HTTP Response: 500")
    receiver.status = 202
    app = as_app(standin)
    failed = app.get("/app/hook/deliveries?status=failure&per_page=1")
    assert failed.json()[0]["id"] == standin.deliveries[-1].id
    assert 'rel="next"' in failed.headers["Link"]
    assert app.get(f"/app/hook/deliveries/{first.id}").json()["guid"] == first.guid
    assert app.post(f"/app/hook/deliveries/{first.id}/attempts").status_code == 202
    assert app.get("/app/hook/deliveries/1").status_code == 404
    standin.flush()
    again = standin.deliveries[-1]
    assert (again.status_code, again.status, again.redelivery) == (202, "OK", True)
    guids = [headers["X-GitHub-Delivery"] for headers, _ in receiver.arrived]
    assert guids[0] == guids[-1] == first.guid


def test_nobody_listens(standin: GitHubStandIn, receiver: Receiver) -> None:
    standin.create_repository("octo-org/digits", {"a.py": "a\n"})
    standin.webhook_url = f"http://127.0.0.1:{receiver.server_port + 0}/"
    receiver.server_close()
    standin.push("main", {"a.py": "b\n"})
    standin.flush()
    assert standin.deliveries[0].status_code == 0
    assert standin.deliveries[0].status.startswith("failed to connect")


def test_events_not_subscribed_to_are_not_sent(private_key: str) -> None:
    with GitHubStandIn(private_key=private_key, events=("pull_request",)) as standin:
        standin.create_repository("octo-org/digits", {"a.py": "a\n"})
        standin.push("topic", {"a.py": "b\n"})
        standin.open_pull_request("topic", "b")
        assert [one.event for one in standin.deliveries] == ["pull_request"]


def test_the_app_hears_of_its_own_acts(
    standin: GitHubStandIn, client: Client, pull: PullRequest
) -> None:
    comment = {"path": "train.py", "line": 5, "body": "Why?"}
    review = {"event": "COMMENT", "body": "Hm.", "comments": [comment]}
    assert client.post(f"{R}/pulls/{pull.number}/reviews", review).status_code == 200
    last = standin.deliveries[-2:]
    assert [one.event for one in last] == ["pull_request_review", "pull_request_review_comment"]
    assert last[0].payload["review"]["state"] == "commented"
    assert last[0].payload["sender"]["type"] == "Bot"


def test_forks(standin: GitHubStandIn, client: Client, pull: PullRequest) -> None:
    fork = standin.fork(pull.repository, "stranger")
    main = pull.base_sha
    standin.push("patch-1", {"fresh.py": "b = 1\n"}, repository=fork, by="stranger", onto=main)
    second = standin.open_pull_request(
        "patch-1", "From outside", repository=pull.repository, head=fork, by="stranger"
    )
    shown = client.get(f"{R}/pulls/{second.number}").json()
    assert (shown["head"]["repo"]["fork"], shown["head"]["label"]) == (True, "stranger:patch-1")
    run = client.post(f"{R}/check-runs", {"name": "F", "head_sha": second.head_sha}).json()
    assert run["pull_requests"] == []
    assert client.get("/repos/stranger/digits").status_code == 404
    files = client.get(f"{R}/pulls/{second.number}/files").json()
    assert [one["filename"] for one in files] == ["fresh.py"]
    standin.push("patch-1", {"fresh.py": "b = 2\n"}, repository=fork, by="stranger")
    assert standin.deliveries[-1].payload["action"] == "synchronize"
