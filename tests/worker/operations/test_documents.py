"""docs/operate.md and docs/troubleshoot.md name what there is."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from sqlalchemy import text

from analyzer.__main__ import faultline
from app.main import create_app
from app.settings import Settings
from worker.operation import OperationSettings
from worker.settings import WorkerSettings
from worker.store import Database

ROOT = Path(__file__).resolve().parents[3]
OPERATE = (ROOT / "docs" / "operate.md").read_text()
TROUBLESHOOT = (ROOT / "docs" / "troubleshoot.md").read_text()
BOTH = OPERATE + TROUBLESHOOT


def test_every_variable_is_a_setting() -> None:
    known = {name.upper() for name in (*WorkerSettings.model_fields, *Settings.model_fields)}
    assert set(re.findall(r"\bFAULTLINE_[A-Z_]+\b", BOTH)) <= known


@pytest.mark.parametrize("name", ["lease_seconds", "shutdown_seconds", "catch_up_seconds"])
def test_defaults_are_the_real_ones(name: str) -> None:
    default = OperationSettings.model_fields[f"faultline_{name}"].default
    start = f"| `FAULTLINE_{name.upper()}`"
    row = next(line for line in OPERATE.splitlines() if line.startswith(start))
    assert row.rstrip(" |").endswith(f"| {default:g}")


def test_every_metric_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(faultline_home=tmp_path, github_webhook_secret="secret", github_app_id="1")
    with TestClient(create_app(settings, embedded=False)) as client:
        page = client.get("/metrics").text
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200
    named = set(re.findall(r"\bfaultline_[a-z_]+\b", BOTH))
    assert named
    assert {name for name in named if name.removesuffix("_total") not in page} == set()


def test_every_file_is_there() -> None:
    named = set(re.findall(r"\b((?:deploy|tests)/[\w./-]+\w)", BOTH)) - {"deploy/.env"}
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_command_is_there() -> None:
    for command in sorted(set(re.findall(r"`faultline (\w+)[^`]*`", BOTH))):
        done = CliRunner().invoke(faultline, [command, "--help"])
        assert done.exit_code == 0, done.output
        for line in re.findall(rf"`faultline {command} ([^`]*)`", BOTH):
            for flag in re.findall(r"--[a-z-]+", line):
                assert flag in done.output


def test_the_query_runs(database: Database) -> None:
    (query,) = re.findall(r"^    (SELECT .*);$", TROUBLESHOOT, re.MULTILINE)
    with database.read() as connection:
        assert connection.execute(text(query)).all() == []
