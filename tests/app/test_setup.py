"""Set-up from the first page to the first delivery, with a stand-in for GitHub."""

import html
import json
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.main import create_app
from app.manifest import CALLBACK, address, api_of, organization_name, web_of
from app.settings import Settings
from tests.support.deliveries import encode, headers, pull_request_payload
from tests.support.github import assert_described
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.keys import new_private_key
from worker.registration import EVENTS, PERMISSIONS
from worker.settings import WorkerSettings
from worker.store import read_credentials

LOCAL = "http://127.0.0.1:8000"
KEY = "the key that was printed"


@pytest.fixture(scope="module")
def github() -> Iterator[GitHubStandIn]:
    with GitHubStandIn(private_key=new_private_key()) as github:
        yield github


@pytest.fixture
def bare(github: GitHubStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GITHUB_API_URL", github.url)
    return Settings()


@pytest.fixture
def client(bare: Settings) -> Iterator[TestClient]:
    app = create_app(bare, embedded=False, setup_key=KEY)
    with TestClient(app, base_url=LOCAL, follow_redirects=False) as client:
        yield client


def form_of(page: Response) -> tuple[str, dict[str, object]]:
    """Where the button leads, and the manifest that it sends."""
    found = re.search(
        r'<form method="post" action="([^"]+)">\s*<input type="hidden" name="manifest" '
        r'value="([^"]+)">', page.text)  # fmt: skip
    assert found, page.text
    return html.unescape(found[1]), json.loads(html.unescape(found[2]))


def state_of(page: Response) -> str:
    (state,) = parse_qs(urlsplit(form_of(page)[0]).query)["state"]
    return state


def come_back(client: TestClient, state: str, code: str) -> Response:
    return client.get("/setup/callback", params={"code": code, "state": state})


def test_one_button(client: TestClient, github: GitHubStandIn) -> None:
    page = client.get("/setup")
    action, manifest = form_of(page)
    assert action.startswith(f"{github.url}/settings/apps/new?state=")
    assert manifest["redirect_url"] == f"{LOCAL}/setup/callback"
    assert manifest["hook_attributes"] == {"url": f"{LOCAL}/webhooks/github", "active": True}
    assert manifest["default_permissions"] == {one.name: one.level for one in PERMISSIONS}
    assert manifest["default_events"] == [one.name for one in EVENTS]
    assert manifest["public"] is False
    assert len(str(manifest["name"])) <= 34
    policy = page.headers["Content-Security-Policy"]
    assert f"form-action 'self' {github.url};" in policy
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none'")
    assert "<script" not in page.text
    for one in (*PERMISSIONS, *EVENTS):
        assert one.title in page.text
        assert one.why in html.unescape(page.text)


def test_from_the_button_to_the_first_delivery(
    client: TestClient, github: GitHubStandIn, bare: Settings
) -> None:
    assert client.post("/webhooks/github", content=b"{}").status_code == 503
    answer = come_back(client, state_of(client.get("/setup")), github.manifest_code())
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == f"{github.url}/apps/faultline/installations/new"
    file = bare.faultline_home / "credentials.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_credentials(bare.faultline_home)["GITHUB_APP_ID"] == str(github.app_id)
    # this process goes on with them, and whatever starts later finds them
    body = encode(pull_request_payload())
    signed = headers(body, secret=github.webhook_secret)
    assert client.post("/webhooks/github", content=body, headers=signed).status_code == 202
    assert "Everything needed is set" in client.get("/setup").text
    assert Settings().missing == ()
    assert WorkerSettings().private_key == github.private_key
    assert WorkerSettings().github_api_url == github.url
    assert_described(github)


def test_the_worker_starts_without_a_restart(bare: Settings, github: GitHubStandIn) -> None:
    from worker.services import _of_process

    _of_process.cache_clear()
    app = create_app(bare, setup_key=KEY)
    with TestClient(app, base_url=LOCAL, follow_redirects=False) as client:
        answer = come_back(client, state_of(client.get("/setup")), github.manifest_code())
        assert answer.status_code == 303
        github.announce_installation()
        delivery = github.deliveries[-1]
        body = encode(delivery.payload)
        signed = github.signed_headers(delivery, body)
        assert client.post("/webhooks/github", content=body, headers=signed).status_code == 202
        inbox = client.app.state.parts.inbox  # type: ignore[attr-defined]
        deadline = time.monotonic() + 30
        while inbox.counts() != {"done": 1}:
            assert time.monotonic() < deadline, inbox.counts()
            time.sleep(0.05)


def test_a_code_is_exchanged_once(client: TestClient, github: GitHubStandIn) -> None:
    state, code = state_of(client.get("/setup")), github.manifest_code()
    another = state_of(client.get("/setup"))
    assert come_back(client, state, code).status_code == 303
    asked = len(github.exchanges)
    assert come_back(client, another, github.manifest_code()).status_code == 409
    assert len(github.exchanges) == asked


def test_a_used_code_is_told(client: TestClient) -> None:
    answer = come_back(client, state_of(client.get("/setup")), "used-before")
    assert answer.status_code == 400
    assert "works once" in answer.text
    assert client.get("/setup").status_code == 200


@pytest.mark.parametrize("code", ["", "../../app", "a b", "x" * 250, "é"])
def test_odd_codes_never_reach_github(client: TestClient, github: GitHubStandIn, code: str) -> None:
    asked = len(github.exchanges)
    assert come_back(client, state_of(client.get("/setup")), code).status_code in (400, 422)
    assert len(github.exchanges) == asked


def test_a_foreign_state_is_refused(client: TestClient, github: GitHubStandIn) -> None:
    code = github.manifest_code()
    for state in ("", "guessed", "é"):
        assert come_back(client, state, code).status_code == 400
    state = state_of(client.get("/setup"))
    client.cookies.clear()  # somebody else was led here with a code of his own App
    assert come_back(client, state, code).status_code == 400
    assert Settings().missing


def test_a_cookie_that_nobody_gave_is_refused(client: TestClient) -> None:
    state = state_of(client.get("/setup"))
    client.cookies.clear()
    odd = {"Cookie": "faultline_setup=é".encode("latin-1")}
    path = f"{CALLBACK}?code=abc&state={state}"
    assert client.get(path, headers=odd, follow_redirects=False).status_code == 400
    assert client.get("/setup", headers=odd).status_code == 200


def test_a_state_works_once(client: TestClient, github: GitHubStandIn) -> None:
    state = state_of(client.get("/setup"))
    assert come_back(client, state, "wrong").status_code == 400
    assert "does not belong" in come_back(client, state, github.manifest_code()).text


@pytest.mark.parametrize(
    "named",
    [
        {"host": "evil.example"},  # a name that was pointed at 127.0.0.1
        {"x-forwarded-for": "203.0.113.9"},
        {"forwarded": "for=203.0.113.9"},
        {"host": "["},
    ],
)
def test_only_the_operator_sees_the_button(client: TestClient, named: dict[str, str]) -> None:
    page = client.get("/setup", headers=named)
    assert page.status_code < 500
    assert "manifest" not in page.text
    with_key = client.get("/setup", params={"key": KEY}, headers=named)
    assert with_key.status_code < 500
    assert "manifest" not in client.get("/setup", params={"key": "x"}, headers=named).text
    if named != {"host": "["}:
        form_of(with_key)


def test_a_server_that_others_reach_wants_the_key(bare: Settings) -> None:
    public = bare.model_copy(update={"faultline_host": "0.0.0.0"})
    with TestClient(create_app(public, embedded=False, setup_key=KEY), base_url=LOCAL) as client:
        assert "printed" in client.get("/setup").text
        page = client.get("/setup", params={"key": KEY})
        form_of(page)
        assert f'name="key" value="{KEY}"' in page.text


def test_choices(client: TestClient) -> None:
    chosen = {
        **{"url": "https://bot.example.org/", "organization": "octo-org", "fixes": "no"},
        "github": "github.example.org",
    }
    page = client.get("/setup", params=chosen)
    action, manifest = form_of(page)
    start = "https://github.example.org/organizations/octo-org/settings/apps/new?state="
    assert action.startswith(start)
    assert manifest["default_permissions"]["contents"] == "read"  # type: ignore[index]
    hook = manifest["hook_attributes"]
    assert hook == {"url": "https://bot.example.org/webhooks/github", "active": True}
    assert (
        "form-action 'self' https://github.example.org;"
        in (page.headers["Content-Security-Policy"])
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"github": "javascript:alert(1)"},
        {"github": "https://a.example; script-src *"},
        {"github": "https://user:pw@a.example"},
        {"github": "https://a.example:99999"},
        {"github": "https://a.example?x=1"},
        {"url": "ftp://a.example"},
        {"url": "https://[::1"},
        {"organization": "../.."},
        {"organization": "a b"},
    ],
)
def test_wrong_choices_are_told(client: TestClient, wrong: dict[str, str]) -> None:
    page = client.get("/setup", params=wrong)
    assert page.status_code == 422
    assert '<form method="post"' not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]


def test_shown_for_a_secret_store(
    client: TestClient, github: GitHubStandIn, bare: Settings
) -> None:
    state = state_of(client.get("/setup", params={"show": "1"}))
    answer = come_back(client, state, github.manifest_code())
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    text = html.unescape(answer.text)
    assert f"GITHUB_APP_ID='{github.app_id}'" in text
    assert github.webhook_secret in text
    assert read_credentials(bare.faultline_home) == {}
    assert Settings().missing


def test_credentials_that_cannot_be_stored_are_not_lost(
    client: TestClient, github: GitHubStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_home: Path, _values: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.setup.write_credentials", full)
    answer = come_back(client, state_of(client.get("/setup")), github.manifest_code())
    assert "No space left on device" in answer.text
    assert github.webhook_secret in answer.text


def test_an_app_named_elsewhere_is_not_mixed_with_the_stored_one(
    client: TestClient, github: GitHubStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_back(client, state_of(client.get("/setup")), github.manifest_code())
    monkeypatch.setenv("GITHUB_APP_ID", "1")
    assert Settings().missing == ("GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET")
    monkeypatch.setenv("GITHUB_APP_ID", str(github.app_id))
    assert Settings().missing == ()


@pytest.mark.parametrize(
    ("web", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://github.example.org", "https://github.example.org/api/v3"),
        ("https://octo.ghe.com", "https://api.octo.ghe.com"),
    ],
)
def test_pages_and_their_api(web: str, api: str) -> None:
    assert api_of(web) == api
    assert web_of(api) == web


def test_addresses() -> None:
    assert address(" github.example.org/ ") == "https://github.example.org"
    assert address("http://127.0.0.1:8000/a/b") == "http://127.0.0.1:8000"
    assert address("https://[::1]:8443") == "https://[::1]:8443"
    assert organization_name("octo-org") == "octo-org"
