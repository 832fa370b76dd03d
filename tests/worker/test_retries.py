import pytest

from worker.errors import (
    AnalysisFailed,
    GitHubError,
    Held,
    LeaseLost,
    Limited,
    Missing,
    Moved,
    Refused,
    SnapshotRefused,
    Unavailable,
    Unprocessable,
    WorkerError,
)
from worker.retries import (
    LONGEST_LIMIT_WAIT,
    LONGEST_PATIENCE,
    LONGEST_WAIT,
    MAX_ATTEMPTS,
    Final,
    Ignore,
    RetryAfter,
    decide,
)


@pytest.mark.parametrize("error", [Moved("closed"), LeaseLost("gone")])
def test_ignored(error: WorkerError) -> None:
    assert decide(error, 0) == Ignore(str(error))


@pytest.mark.parametrize(
    "error",
    [
        SnapshotRefused("too large"),
        AnalysisFailed("title", "why"),
        GitHubError("no key"),
        Missing("404", status=404),
        Unprocessable("422", status=422),
        Refused("403", status=403),
    ],
)
def test_final(error: WorkerError) -> None:
    assert decide(error, 0) == Final(str(error))


def test_waits_grow_and_end() -> None:
    waits = [decide(Unavailable("502"), attempts, spread=1) for attempts in range(MAX_ATTEMPTS)]
    *again, last = waits
    assert [decision.seconds for decision in again] == [5, 10, 20, 40, 80, 160, 320, *[600] * 4]
    assert last == Final(f"502 (gave up after {MAX_ATTEMPTS} attempts)")
    assert all(decision.seconds <= LONGEST_WAIT for decision in again)


def test_waits_are_spread() -> None:
    waits = {decide(Unavailable("502"), 3).seconds for _ in range(50)}
    assert len(waits) > 25
    assert all(20 <= wait <= 40 for wait in waits)


def test_told_limits_are_waited_out_and_do_not_count() -> None:
    decision = decide(Limited("limit", 1800), MAX_ATTEMPTS)
    assert isinstance(decision, RetryAfter)
    assert 1800 < decision.seconds < 2000
    assert not decision.counts


def test_limits_are_not_waited_for_without_end() -> None:
    decision = decide(Limited("limit", 1800), 0, age=LONGEST_PATIENCE + 1)
    assert decision == Final("limit (gave up after 6 hours)")
    odd = decide(Limited("limit", 10**9), 0, spread=0)
    assert odd == RetryAfter(LONGEST_LIMIT_WAIT + 1, "limit", counts=False)


def test_untold_limits_wait_at_least_a_minute_and_longer_each_time() -> None:
    waits = [decide(Limited("limit", None), attempts, spread=0).seconds for attempts in range(3)]
    assert waits == [61, 121, 241]


def test_a_held_head_is_looked_at_again() -> None:
    decision = decide(Held("busy"), 0)
    assert isinstance(decision, RetryAfter)
    assert not decision.counts
