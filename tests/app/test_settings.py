import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from app.commands import serve
from app.settings import Settings
from worker.operation import OperationSettings
from worker.registration import EVENTS, PERMISSIONS
from worker.settings import WorkerSettings
from worker.store import Database

DOCUMENTED = [
    "GITHUB_API_URL",
    "GITHUB_APP_ID",
    "GITHUB_APP_PRIVATE_KEY",
    "GITHUB_APP_PRIVATE_KEY_PATH",
    "GITHUB_WEBHOOK_SECRET",
    "FAULTLINE_HOST",
    "FAULTLINE_PORT",
    "FAULTLINE_DATABASE_URL",
    "FAULTLINE_BROKER_URL",
    "FAULTLINE_HOME",
    "FAULTLINE_DATASETS",
    "FAULTLINE_SANDBOX",
    "FAULTLINE_ALLOW_UNSANDBOXED",
    "FAULTLINE_DEVICE",
    "FAULTLINE_CONCURRENCY",
    "FAULTLINE_LOG_FORMAT",
    "FAULTLINE_RULES_URL",
    "FAULTLINE_PUBLIC_URL",
    "FAULTLINE_ALLOW_REPOSITORIES",
    "FAULTLINE_ALLOW_INSTALLATIONS",
    "FAULTLINE_FORK_APPROVAL",
    "FAULTLINE_RETENTION_DAYS",
    *(name.upper() for name in OperationSettings.model_fields),
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_documented_variable_is_a_setting_and_a_flag() -> None:
    assert sorted(name.upper() for name in Settings.model_fields) == sorted(DOCUMENTED)
    text = CliRunner().invoke(serve, ["--help"], terminal_width=200).output
    for name in DOCUMENTED:
        flag = "--" + name.lower().replace("_", "-")
        assert flag in text
        assert f"[{name}]" in text
    assert "--port" in text


def test_a_worker_reads_the_same_variables_with_the_same_defaults() -> None:
    ours, theirs = Settings().model_dump(), WorkerSettings().model_dump()
    assert theirs.items() <= ours.items()


def test_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("FAULTLINE_PORT=9000\nFAULTLINE_HOST=::1\nOTHER=1\n")
    monkeypatch.setenv("FAULTLINE_PORT", "9001")
    settings = Settings()
    assert (settings.faultline_host, settings.faultline_port) == ("::1", 9001)


def test_secrets_are_masked() -> None:
    settings = Settings(
        github_webhook_secret="hush-1", faultline_database_url="postgresql://u:hush-2@h/d"
    )
    assert "hush" not in repr(settings)
    assert settings.webhook_secret == b"hush-1"


def test_wrong_value_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULTLINE_PORT", "8000")  # so that the command's change is undone
    with pytest.raises(ValidationError):
        Settings(faultline_port=70000)
    outcome = CliRunner().invoke(serve, ["--port", "banana"])
    assert outcome.exit_code == 2
    assert "FAULTLINE_PORT: Input should be a valid integer" in outcome.output


def test_no_sandbox_needs_both_variables() -> None:
    for kind in (Settings, WorkerSettings):
        with pytest.raises(ValidationError, match="FAULTLINE_ALLOW_UNSANDBOXED=1"):
            kind(faultline_sandbox="none")
        assert kind(faultline_sandbox="none", faultline_allow_unsandboxed=True)


def test_private_key_from_a_file_or_with_escaped_line_ends(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("A\nB\n")
    assert WorkerSettings(github_app_private_key_path="key.pem").private_key == "A\nB\n"
    assert WorkerSettings(github_app_private_key=r"A\nB").private_key == "A\nB"


@pytest.mark.parametrize(
    ("flag", "value", "says"),
    [
        ("--broker-url", "ftp://user:hush@host", "expected a URL that begins with one of redis://"),
        ("--broker-url", "127.0.0.1:6379", "expected a URL that begins with one of redis://"),
        ("--database-url", "nonsense", "the database cannot be opened: Could not parse"),
        ("--database-url", "sqlite:///:memory:", "the inbox must outlive the process"),
        ("--database-url", "postgresql://u:hush@127.0.0.1:1/d", "Connection refused"),
        ("--home", "/proc/nowhere", "the database cannot be opened"),
    ],
)
def test_what_cannot_be_opened_is_wrong_usage(
    flag: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))  # serve hands its flags on there
    done = CliRunner().invoke(serve, [flag, value])
    assert done.exit_code == 2
    assert says in " ".join(done.output.split())
    assert "hush" not in done.output


DOCUMENTATION = (Path(__file__).parents[2] / "docs" / "app.md").read_text()


def test_the_documentation_names_every_setting() -> None:
    own = {*Settings.model_fields} - {*OperationSettings.model_fields}
    without = {"faultline_allow_unsandboxed"}  # in the security model
    missing = [name for name in own - without if f"`{name.upper()}`" not in DOCUMENTATION]
    assert missing == []


def test_the_documentation_names_every_permission_and_event() -> None:
    for one in PERMISSIONS:
        level = "read and write" if one.level == "write" else one.level
        assert f"| {one.title} | {level} |" in DOCUMENTATION
    listed = DOCUMENTATION[DOCUMENTATION.index("| event |") :].lower()
    for event in EVENTS:
        assert event.title.lower() in listed


def test_the_state_folder_is_the_owners_alone(tmp_path: Path) -> None:
    settings = Settings(faultline_home=tmp_path / "home")
    Database(settings.database_url).close()
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0
