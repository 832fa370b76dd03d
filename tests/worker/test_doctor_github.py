"""What `faultline doctor` says about the App, with a stand-in for GitHub."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.health import Check
from tests.support.github import assert_described
from worker.demo.github_standin import GitHubStandIn
from worker.doctor import doctor
from worker.doctor_github import (
    check_app,
    check_deliveries,
    check_events,
    check_hook,
    check_installations,
    check_permissions,
)
from worker.github import AppIdentity
from worker.registration import EVENTS, PERMISSIONS

PAGE = "https://github.com/settings/apps/faultline"
COMPLETE = {one.name: one.level for one in PERMISSIONS}
HOOK = {"url": "https://x.example/webhooks/github", "content_type": "json", "secret": "********"}


@pytest.fixture
def sound(private_key: str) -> Iterator[GitHubStandIn]:
    events = tuple(one.name for one in EVENTS)
    with GitHubStandIn(private_key=private_key, permissions=COMPLETE, events=events) as github:
        github._sender.url = "https://faultline.example.org/webhooks/github"
        yield github


def checks(github: GitHubStandIn) -> dict[str, Check]:
    identity = AppIdentity(github.url, str(github.app_id), github.private_key)
    return {check.name: check for check in check_app(identity)}


def test_a_sound_app(sound: GitHubStandIn) -> None:
    found = checks(sound)
    assert {name: check.works for name, check in found.items()} == {
        "github": True,
        "github permissions": True,
        "github events": True,
        "github webhook": True,
        "github installations": True,
        "github deliveries": None,
    }
    assert found["github permissions"].detail == "complete"
    assert_described(sound)


def test_another_apps_key(sound: GitHubStandIn) -> None:
    found = list(check_app(AppIdentity(sound.url, "1", sound.private_key)))
    assert [check.works for check in found] == [False]
    assert "do not belong together" in found[0].remedy


def test_a_key_that_is_none(sound: GitHubStandIn) -> None:
    (found,) = check_app(AppIdentity(sound.url, str(sound.app_id), "x"))
    assert found.works is False


def test_an_unreachable_github(sound: GitHubStandIn) -> None:
    (found,) = check_app(AppIdentity("http://127.0.0.1:1", "1", sound.private_key))
    assert found.works is False
    assert "proxy" in found.remedy


@pytest.mark.parametrize(
    ("change", "works", "words"),
    [
        ({}, True, "complete"),
        ({"checks": "read"}, False, "missing checks: write"),
        ({"pull_requests": None}, False, "missing pull_requests: write"),
        ({"issues": None}, False, "missing issues: read"),
        ({"contents": "read"}, True, "Contents is read: no /faultline fix"),
        ({"contents": None}, False, "missing contents: read"),
        ({"administration": "write", "issues": "write"}, True, "never used: administration, is"),
        ({"checks": 7}, False, "missing checks: write"),
    ],
)
def test_permissions(change: dict[str, object], works: bool, words: str) -> None:
    granted = {name: level for name, level in {**COMPLETE, **change}.items() if level}
    check = check_permissions(granted, PAGE)
    assert check.works is works
    assert words in check.detail
    assert works or f"{PAGE}/permissions" in (check.remedy or "")


def test_events() -> None:
    names = [one.name for one in EVENTS]
    assert check_events(names, PAGE).works
    check = check_events(names[1:], PAGE)
    assert check.works is False
    assert "Pull request (" in check.detail
    assert "Subscribe to events" in check.remedy


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": ""}, "no webhook URL"),
        ({"url": None}, "no webhook URL"),
        ({"url": "https://x.example/"}, "deliveries go to"),
        ({"content_type": "form"}, "content type form"),
        ({"secret": None}, "not signed"),
        ({"insecure_ssl": "1"}, "certificate"),
    ],
)
def test_hook(change: dict[str, object], words: str) -> None:
    assert check_hook(HOOK, PAGE).works
    check = check_hook({**HOOK, **change}, PAGE)
    assert check.works is False
    assert words in check.detail
    assert "/webhooks/github" in check.remedy


def test_installations() -> None:
    sound = {"account": {"login": "octo-org"}, "permissions": COMPLETE, "suspended_at": None}
    assert check_installations([sound]).works
    assert check_installations([]).works is False
    lagging = check_installations([sound, {**sound, "permissions": {"checks": "write"}}])
    assert lagging.works is False
    assert "octo-org has not accepted" in lagging.detail
    assert "suspended" in check_installations([{**sound, "suspended_at": "2026-01-01"}]).detail


def test_deliveries() -> None:
    good = {"status_code": 202, "status": "OK", "delivered_at": "now"}
    bad = {"status_code": 0, "status": "timed out", "delivered_at": "now"}
    assert check_deliveries([], PAGE).works is None
    assert check_deliveries([good], PAGE).works
    assert check_deliveries([good, bad], PAGE).works, "it works again"
    broken = check_deliveries([bad, good], PAGE)
    assert broken.works is False
    assert "timed out" in broken.detail


def test_the_command(sound: GitHubStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_HOME", str(tmp_path))
    for name, value in sound.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("worker.doctor.check_analyzer", lambda _policy: iter(()))
    done = CliRunner().invoke(doctor)
    assert "ok    github permissions: complete" in done.output
    assert "ok    webhook secret: set" in done.output
    assert sound.webhook_secret not in done.output
    assert "PRIVATE KEY" not in done.output
    sound.hub.app.permissions.pop("checks")
    done = CliRunner().invoke(doctor)
    assert "FAIL  github permissions: missing checks: write" in done.output
