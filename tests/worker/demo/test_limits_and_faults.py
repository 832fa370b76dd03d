"""Rate limits, and the failures that can be ordered."""

import time

import httpx
import pytest

from tests.support.github import Client
from worker.demo.github_standin import Failure, GitHubStandIn
from worker.demo.github_standin.records import PullRequest

R = "/repos/octo-org/digits"
REVIEW = {"event": "COMMENT", "body": "Hm."}


def test_a_lost_answer_leaves_the_review(
    standin: GitHubStandIn, client: Client, pull: PullRequest
) -> None:
    standin.faults.fail_next(Failure.LOST_ANSWER, "POST", "*/reviews")
    assert client.get(R).status_code == 200
    assert client.post(f"{R}/pulls/1/reviews", REVIEW).status_code == 502
    assert len(pull.reviews) == 1
    assert client.post(f"{R}/pulls/1/reviews", REVIEW).status_code == 200


def test_a_failure_before_the_work_leaves_nothing(
    standin: GitHubStandIn, client: Client, pull: PullRequest
) -> None:
    standin.faults.fail_next(Failure.BEFORE, "POST", "*/reviews", times=2)
    for _ in range(2):
        assert client.post(f"{R}/pulls/1/reviews", REVIEW).status_code == 502
    assert pull.reviews == []


@pytest.mark.parametrize(
    ("failure", "status", "retry_after", "remaining"),
    [
        (Failure.SECONDARY_LIMIT, 403, "60", "4999"),
        (Failure.SECONDARY_LIMIT_BARE, 403, None, "4999"),
        (Failure.PRIMARY_LIMIT, 403, None, "0"),
        (Failure.UNAUTHORIZED, 401, None, "4999"),
    ],
)
def test_limits_on_order(
    standin: GitHubStandIn,
    client: Client,
    failure: Failure,
    status: int,
    retry_after: str | None,
    remaining: str,
) -> None:
    assert client.get(R).status_code == 200
    standin.faults.fail_next(failure)
    answer = client.get(R)
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == retry_after
    assert answer.headers["X-RateLimit-Remaining"] == remaining
    assert client.get(R).status_code == 200


def test_too_quick_and_hanging(standin: GitHubStandIn, client: Client) -> None:
    standin.faults.fail_next(Failure.TOO_QUICK, "POST")
    quick = client.post(f"{R}/pulls/1/reviews", REVIEW)
    assert (quick.status_code, quick.json()["errors"]) == (422, ["was submitted too quickly"])
    standin.faults.fail_next(Failure.HANG, seconds=0.5)
    started = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        client.get(R, timeout=0.1)
    assert time.monotonic() - started < 0.5
    time.sleep(0.6)


def test_the_hourly_limit(standin: GitHubStandIn, client: Client) -> None:
    standin.hub.meter.limit = 2
    assert [client.get(R).status_code for _ in range(3)] == [200, 200, 403]
    refused = client.get(R)
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    reset = int(refused.headers["X-RateLimit-Reset"])
    standin.hub.clock = lambda: reset - 3_000.0
    assert client.get(R).status_code == 403
    standin.hub.clock = lambda: float(reset)
    assert client.get(R).status_code == 401  # the hour is over, and the token with it


def test_too_many_writes_in_a_minute(standin: GitHubStandIn, client: Client) -> None:
    standin.hub.meter.content_per_minute = 3
    path = f"{R}/issues/1/comments"
    answers = [client.post(path, {"body": f"{n}"}) for n in range(4)]
    assert [one.status_code for one in answers] == [201, 201, 201, 403]
    assert "secondary rate limit" in answers[-1].json()["message"]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 61
