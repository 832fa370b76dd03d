import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.support.deliveries import encode, headers, pull_request_payload
from worker.store import Database, NewRun, RememberedFinding, Runs


@pytest.fixture
def run_id(settings: Settings) -> int:
    database = Database(settings.database_url)
    database.create()
    runs = Runs(database)
    run = runs.open(NewRun(1, "owner/<b>name</b>", 7, "c" * 40, "Train <script>", False))
    finding = RememberedFinding("f", "rule", "error", "train.py", 3, "it <i>fails</i>", True)
    runs.remember(run.id, [finding])
    runs.finished(run.id, "done", "failure", "1 error", "a summary & more")
    return run.id


def test_pages_show_a_run_and_escape_what_people_wrote(run_id: int, client: TestClient) -> None:
    for url in ("/", "/runs", f"/runs/{run_id}"):
        page = client.get(url)
        assert page.status_code == 200
        assert "owner/&lt;b&gt;name" in page.text
        assert "<script" not in page.text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    page = client.get(f"/runs/{run_id}").text
    assert "train.py:3" in page
    assert "it &lt;i&gt;fails" in page
    assert "a summary &amp; more" in page


@pytest.mark.parametrize("number", ["0", "-1", "99", str(2**63), str(2**200)])
def test_no_such_run(client: TestClient, number: str) -> None:
    assert client.get(f"/runs/{number}").status_code == 404


@pytest.mark.parametrize("query", ["before=0", "before=x", f"before={2**70}"])
def test_wrong_page(client: TestClient, query: str) -> None:
    assert client.get(f"/runs?{query}").status_code == 422


def test_runs_are_listed_page_by_page(settings: Settings, client: TestClient) -> None:
    runs = Runs(Database(settings.database_url))
    for number in range(60):
        runs.open(NewRun(1, "owner/name", number, "c" * 40, "", False))
    assert client.get("/runs").text.count("owner/name#") == 50
    assert 'href="/runs?before=11"' in client.get("/runs").text
    assert client.get("/runs?before=11").text.count("owner/name#") == 10


def test_setup_names_what_is_missing(settings: Settings) -> None:
    bare = Settings(faultline_home=settings.faultline_home)
    assert bare.missing == ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET")
    with TestClient(create_app(bare)) as client:
        page = client.get("/setup").text
        assert all(name in page for name in bare.missing)
        assert "Not set up yet" in client.get("/").text


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"database": "ok", "broker": "ok"}


def test_not_ready_without_a_broker(settings: Settings) -> None:
    away = settings.model_copy(
        update={
            "faultline_broker_url": type(settings.faultline_broker_url)("redis://:pw@127.0.0.1:1")
        }
    )
    with TestClient(create_app(away)) as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"database": "ok", "broker": "unreachable (OperationalError)"}
        # deliveries are taken all the same
        body = encode(pull_request_payload())
        accepted = client.post("/webhooks/github", content=body, headers=headers(body))
        assert accepted.status_code == 202


def test_metrics(run_id: int, client: TestClient) -> None:
    del run_id
    body = encode(pull_request_payload())
    client.post("/webhooks/github", content=body, headers=headers(body))
    text = client.get("/metrics").text
    assert 'faultline_deliveries_received_total{outcome="accepted"}' in text
    assert 'faultline_inbox_deliveries{state="accepted"} 1.0' in text
    assert 'faultline_runs{conclusion="failure",state="done"} 1.0' in text
    assert 'faultline_findings{rule="rule",severity="error"} 1.0' in text
