"""What /metrics tells of workers, wherever they run; no secret in it or in a log line."""

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from app.main import create_app
from app.settings import Settings
from tests.worker.operations.conftest import Clock
from worker.store import (
    Database,
    Fates,
    Inbox,
    NewDelivery,
    NewRun,
    RememberedFinding,
    Run,
    Runs,
    Timings,
    Wishes,
)

RULE = "missing-activation"


def finding(fingerprint: str) -> RememberedFinding:
    return RememberedFinding(fingerprint, RULE, "error", "train.py", 3, "no activation", True)


def a_run(runs: Runs, number: int, head: str, *fingerprints: str) -> Run:
    run = runs.open(NewRun(1, "o/r", number, head * 40, "title", False))
    runs.remember(run.id, map(finding, fingerprints))
    runs.finished(run.id, "done", "failure", "errors", "")
    return run


def test_what_became_of_findings(database: Database) -> None:
    runs, fates = Runs(database), Fates(database)
    first = a_run(runs, 7, "a", "one", "two", "three")
    assert fates.gone(first) == []
    assert fates.counts() == {(RULE, "open"): 3}
    second = a_run(runs, 7, "b", "two", "three")
    fates.became(fates.gone(second), "accepted")
    third = a_run(runs, 7, "c", "three")
    fates.became(fates.gone(third), "resolved")
    fates.became([fates.standing(third)["three"]], "dismissed")
    a_run(runs, 8, "d", "four")
    Wishes(database).ignore(1, 7, "few-epochs", "mona")
    assert fates.counts() == {
        (RULE, "accepted"): 1,
        (RULE, "resolved"): 1,
        (RULE, "dismissed"): 1,
        (RULE, "open"): 1,
        ("few-epochs", "ignored"): 1,
    }
    assert fates.gone(third) == []


def test_queues(database: Database, clock: Clock) -> None:
    inbox = Inbox(database, clock)
    new = [NewDelivery(guid, "pull_request", guid, "{}", "task", "reviews") for guid in "abc"]
    first, *_ = inbox.accept(new)
    inbox.claim(first.id, 60)
    clock.now += 30
    assert inbox.waiting() == {"reviews": (2, 30.0)}
    assert inbox.is_anybody_waiting("reviews")
    assert not inbox.is_anybody_waiting("analysis.gpu")


def test_the_page(url: str) -> None:
    secret = "a-secret-that-signs"
    database = Database(url)
    database.create()
    Timings(database).add("wait:reviews", 0.2)
    Timings(database).add("stage:review", 31.0)
    a_run(Runs(database), 7, "a", "one")
    settings = Settings(faultline_database_url=url, github_app_id="1", github_webhook_secret=secret)
    with TestClient(create_app(settings, embedded=False)) as client:
        text = client.get("/metrics").text
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["faultline_queue_wait_seconds_bucket", "0.1", "reviews"] == 0
    assert found["faultline_queue_wait_seconds_bucket", "0.5", "reviews"] == 1
    assert found["faultline_stage_seconds_sum", "review"] == 31.0
    assert found["faultline_stage_seconds_count", "review"] == 1
    assert found["faultline_findings_fate", RULE, "open"] == 1
    assert found["faultline_runs", "done", "failure"] == 1
    assert secret not in text
