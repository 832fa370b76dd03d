import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.support.github import assert_described
from worker.answers import graphql_data, refusal, wait_of
from worker.checkout import snapshot
from worker.demo.github_standin import Failure, GitHubStandIn
from worker.demo.github_standin.records import PullRequest as StandInPull
from worker.errors import (
    GitHubError,
    Limited,
    Missing,
    Refused,
    Unavailable,
    Unprocessable,
)
from worker.github import AppIdentity, Installation, Tokens, graphql_url
from worker.patience import IMPATIENT, Patience
from worker.pulls import PullRequest, read_changed_files, read_pull_request, read_settings

Calls = Callable[[str, str], int]


@pytest.fixture(autouse=True)
def _every_exchange_is_valid(github: GitHubStandIn) -> Iterator[None]:
    yield
    assert_described(github)


def test_one_token_for_many_calls(api: Installation, pull: PullRequest, calls: Calls) -> None:
    for _ in range(3):
        assert read_pull_request(api, pull.repository, pull.number) == pull
    assert calls("POST", "/access_tokens") == 1


def test_pull_request_as_it_stands(pull: PullRequest) -> None:
    assert pull.title == "Train longer"
    assert pull.base_ref == "main"
    assert (pull.is_open, pull.is_draft, pull.is_fork, pull.is_private) == (
        True,
        False,
        False,
        True,
    )


def test_token_is_only_for_this_repository(github: GitHubStandIn, api: Installation) -> None:
    github.create_repository("octo-org/other", {"a.py": b""})
    with pytest.raises(Missing, match="404"):
        api.get("/repos/octo-org/other")


def test_refused_token_is_replaced_once(
    api: Installation, pull: PullRequest, github: GitHubStandIn, calls: Calls
) -> None:
    github.hub.grants.clear()  # revoked
    assert read_pull_request(api, pull.repository, pull.number) == pull
    assert calls("POST", "/access_tokens") == 2
    github.faults.fail_next(Failure.UNAUTHORIZED, "GET", "*", times=2)
    with pytest.raises(Refused) as caught:
        read_pull_request(api, pull.repository, pull.number)
    assert caught.value.status == 401
    assert github.faults.pending == 0


def test_revoked_token_at_the_download(
    api: Installation, pull: PullRequest, github: GitHubStandIn
) -> None:
    github.hub.grants.clear()
    archive = api.download(f"/repos/{pull.repository}/tarball/{pull.head_sha}")
    with archive as stream, snapshot(stream) as root:
        assert b"line thirty" in (root / "train.py").read_bytes()


def test_missing_archive(api: Installation, pull: PullRequest) -> None:
    with pytest.raises(Missing), api.download(f"/repos/{pull.repository}/tarball/{'0' * 40}"):
        pass


@pytest.mark.parametrize(
    ("failure", "kind", "seconds"),
    [
        (Failure.BEFORE, Unavailable, None),
        (Failure.SECONDARY_LIMIT, Limited, "some"),
        (Failure.SECONDARY_LIMIT_BARE, Limited, None),
        (Failure.PRIMARY_LIMIT, Limited, "some"),
        (Failure.TOO_QUICK, Limited, None),
    ],
)
def test_failures_in_our_words_and_tried_once(
    api: Installation,
    pull: PullRequest,
    github: GitHubStandIn,
    failure: Failure,
    kind: type[GitHubError],
    seconds: object,
) -> None:
    github.faults.fail_next(failure, "POST", "*/check-runs")
    body = {"name": "x", "head_sha": pull.head_sha}
    with pytest.raises(kind) as caught:
        api.send("POST", f"/repos/{pull.repository}/check-runs", body)
    assert github.faults.pending == 0
    if kind is Limited:
        assert (caught.value.seconds is None) == (seconds is None)


@pytest.mark.parametrize("failure", [Failure.BEFORE, Failure.PRIMARY_LIMIT])
def test_failures_while_minting_a_token(
    api: Installation, github: GitHubStandIn, failure: Failure
) -> None:
    github.faults.fail_next(failure, "POST", "*/access_tokens")
    kind = Limited if failure is Failure.PRIMARY_LIMIT else Unavailable
    with pytest.raises(kind):
        api.get("/repos/octo-org/nets")
    assert api.get("/repos/octo-org/nets")["name"] == "nets"


def test_suspended_installation(api: Installation, github: GitHubStandIn) -> None:
    github.hub.installation.suspended = True
    with pytest.raises(Refused, match="suspended"):
        api.get("/repos/octo-org/nets")


def test_key_that_is_not_pem(identity: AppIdentity) -> None:
    broken = replace(identity, private_key="not a key")
    assert "not a key" not in repr(broken)
    with Installation(broken, Tokens(broken), 1, 1) as api, pytest.raises(GitHubError) as caught:
        api.get("/repos/octo-org/nets")
    assert not isinstance(caught.value, Unavailable)


def test_nobody_listens(identity: AppIdentity) -> None:
    away = replace(identity, api_url="http://127.0.0.1:1")
    with Installation(away, Tokens(away), 1, 1, IMPATIENT) as api, pytest.raises(Unavailable):
        api.get("/repos/octo-org/nets")


def test_both_shapes_of_refusal_keep_their_words(api: Installation, pull: PullRequest) -> None:
    reviews = f"/repos/{pull.repository}/pulls/{pull.number}/reviews"
    comment = {"path": "train.py", "line": 5, "side": "RIGHT", "body": "x"}
    body = {"commit_id": pull.head_sha, "event": "COMMENT", "body": "b", "comments": [comment]}
    with pytest.raises(Unprocessable) as caught:
        api.send("POST", reviews, body)
    assert "could not be resolved" in caught.value.words
    with pytest.raises(Unprocessable):
        api.send("POST", f"/repos/{pull.repository}/check-runs", {"name": "x"})


def test_enterprise_server_with_a_path_in_its_address() -> None:
    with GitHubStandIn(prefix="/api/v3") as github:
        where = github.create_repository("octo-org/nets", {"a.py": b"x\n"})
        identity = AppIdentity(github.url, str(github.app_id), github.private_key)
        with Installation(identity, Tokens(identity), github.installation_id, where.id) as api:
            assert api.get("/repos/octo-org/nets")["name"] == "nets"


def test_changed_files_over_many_pages(api: Installation, github: GitHubStandIn) -> None:
    github.push("many", {f"programs/p{number}.py": b"x = 1\n" for number in range(250)})
    number = github.open_pull_request("many", "Many").number
    files = read_changed_files(api, read_pull_request(api, "octo-org/nets", number))
    assert len(files) == 250
    assert files["programs/p7.py"].hunk_at(1) is not None


def test_all_kinds_of_changed_files(api: Installation, github: GitHubStandIn) -> None:
    github.push("base2", {"moved.py": b"y\n" * 40, "gone.py": b"z\n", "image.png": b"\0\1"})
    changes = {
        "moved.py": None,
        "sub dir/moved.py": b"y\n" * 40,
        "gone.py": None,
        "image.png": b"\0\2",
        "huge.py": b"".join(b"x = %d\n" % number for number in range(4_000)),
        "latin.py": "# \xe4\n".encode("latin-1"),
        "crlf.py": b"a\r\n\tb\r\n",
    }
    github.push("kinds", changes, onto="base2")
    number = github.open_pull_request("kinds", "Kinds", base="base2").number
    files = read_changed_files(api, read_pull_request(api, "octo-org/nets", number))
    assert {path: file.status for path, file in files.items()} == {
        "sub dir/moved.py": "renamed",
        "gone.py": "removed",
        "image.png": "modified",
        "huge.py": "added",
        "latin.py": "added",
        "crlf.py": "added",
    }
    for path in ("sub dir/moved.py", "image.png", "huge.py"):
        assert files[path].hunks is None
    assert files["crlf.py"].hunk_at(1, 2) is not None


def test_configuration_comes_from_the_base_branch(
    api: Installation, github: GitHubStandIn, pull: PullRequest
) -> None:
    assert read_settings(api, pull).review.max_comments == 5
    text = b"version: 1\nreview: {max_comments: 2}\n"
    github.push("main", {".github/faultline.yml": text})
    github.push("topic", {".github/faultline.yml": b"review: {max_comments: 9}\n"})
    assert read_settings(api, pull).review.max_comments == 2


def test_a_hung_server_is_given_up(
    pull: PullRequest, github: GitHubStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.github.TIMEOUT", httpx.Timeout(0.3))
    github.hub.grants.clear()
    github.faults.fail_next(Failure.HANG, "GET", "*/pulls/1", times=2, seconds=1.5)
    fresh = AppIdentity(github.url, str(github.app_id), github.private_key)
    (repository,) = github.hub.repositories.values()
    started = time.monotonic()
    other = Installation(fresh, Tokens(fresh), github.installation_id, repository.id, IMPATIENT)
    with other, pytest.raises(Unavailable, match="Timeout"):
        read_pull_request(other, pull.repository, pull.number)
    assert time.monotonic() - started < 1.5
    github.faults.clear()


class _Page(BaseHTTPRequestHandler):
    """A proxy that says in HTML, with status 200, that it is sorry."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Down for maintenance</html>")

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""


def test_a_page_in_place_of_json_is_an_outage(identity: AppIdentity) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        there = replace(identity, api_url=f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(Unavailable, match="not JSON"):
            Tokens(there).get(1, 2)
        server.shutdown()


@pytest.fixture
def patient(api: Installation, monkeypatch: pytest.MonkeyPatch) -> tuple[Installation, list[float]]:
    """Waits that are only counted."""
    waited: list[float] = []
    monkeypatch.setattr("worker.patience.time.sleep", waited.append)
    api._patience = Patience()
    return api, waited


def test_reading_survives_a_short_outage(
    patient: tuple[Installation, list[float]], opened: StandInPull, github: GitHubStandIn
) -> None:
    assert opened.number == 1
    api, waited = patient
    github.faults.fail_next(Failure.BEFORE, "GET", "*/pulls/1", times=4)
    assert api.get("/repos/octo-org/nets/pulls/1")["number"] == 1
    assert waited == [0.5, 1.0, 2.0, 4.0]
    github.faults.fail_next(Failure.BEFORE, "GET", "*/pulls/1", times=5)
    with pytest.raises(Unavailable):
        api.get("/repos/octo-org/nets/pulls/1")
    assert github.faults.pending == 0


def test_a_write_is_not_repeated_after_an_outage(
    patient: tuple[Installation, list[float]], opened: StandInPull, github: GitHubStandIn
) -> None:
    assert opened.number == 1
    api, waited = patient
    github.faults.fail_next(Failure.LOST_ANSWER, "POST", "*/comments")
    with pytest.raises(Unavailable):
        api.send("POST", "/repos/octo-org/nets/issues/1/comments", {"body": "once"})
    assert waited == []
    (where,) = github.hub.repositories.values()
    assert len(where.issue_comments) == 1


def test_short_limits_are_waited_out_on_the_spot_and_long_ones_are_not(
    patient: tuple[Installation, list[float]], opened: StandInPull, github: GitHubStandIn
) -> None:
    assert opened.number == 1
    api, waited = patient
    path = "/repos/octo-org/nets/issues/1/comments"
    github.faults.fail_next(Failure.SECONDARY_LIMIT, "POST", "*/comments", seconds=3)
    api.send("POST", path, {"body": "patience"})
    assert waited == [3.0]
    github.faults.fail_next(Failure.SECONDARY_LIMIT, "POST", "*/comments", seconds=30)
    with pytest.raises(Limited) as caught:
        api.send("POST", path, {"body": "patience"})
    assert caught.value.seconds == 30
    github.faults.fail_next(Failure.SECONDARY_LIMIT_BARE, "POST", "*/comments")
    with pytest.raises(Limited) as caught:
        api.send("POST", path, {"body": "patience"})
    assert caught.value.seconds is None


def test_a_date_in_retry_after_is_a_limit_without_a_time() -> None:
    headers = {"retry-after": "Sat, 21 Nov 2026 10:00:00 GMT"}
    answer = httpx.Response(403, headers=headers, json={"message": "slow down"})
    error = refusal(answer, "GET /x")
    assert isinstance(error, Limited)
    assert error.seconds is None


def test_the_end_of_the_hour_counts_only_when_nothing_is_left() -> None:
    reset = str(int(time.time()) + 100)
    spent = wait_of({"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset})
    assert spent is not None
    assert 90 < spent <= 100
    assert wait_of({"x-ratelimit-remaining": "7", "x-ratelimit-reset": reset}) is None
    assert wait_of({"retry-after": "5", "x-ratelimit-reset": reset}) == 5


def test_graphql_lies_beside_rest() -> None:
    assert graphql_url("https://api.github.com") == "https://api.github.com/graphql"
    assert graphql_url("https://host/api/v3") == "https://host/api/graphql"


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([{"type": "FORBIDDEN", "message": "no"}], Refused),
        ([{"type": "NOT_FOUND", "message": "no"}], Missing),
        ([{"type": "RATE_LIMITED", "message": "no"}], Limited),
        ([{"message": "Something went wrong while executing your query."}], Unavailable),
        ([{"message": "Field 'x' doesn't exist on type 'Query'"}], GitHubError),
    ],
)
def test_errors_of_graphql_come_with_status_200(
    errors: list[dict[str, str]], kind: type[GitHubError]
) -> None:
    answer = httpx.Response(200, json={"data": None, "errors": errors})
    with pytest.raises(kind):
        graphql_data(answer)
