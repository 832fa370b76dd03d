from pathlib import Path

import pytest

from worker.errors import GitHubError
from worker.identity import identity_of
from worker.settings import WorkerSettings
from worker.store import write_credentials


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_HOME", str(tmp_path))


def test_a_worker_that_began_before_set_up_finds_what_it_stored(tmp_path: Path) -> None:
    settings = WorkerSettings()
    with pytest.raises(GitHubError, match="not set"):
        identity_of(settings)
    credentials = {
        "GITHUB_API_URL": "https://github.example.org/api/v3",
        "GITHUB_APP_ID": "12",
        "GITHUB_APP_PRIVATE_KEY": "-----BEGIN\nkey\n",
        "GITHUB_WEBHOOK_SECRET": "secret",
    }
    write_credentials(tmp_path, credentials)
    found = identity_of(settings)
    assert (found.api_url, found.app_id) == ("https://github.example.org/api/v3", "12")
    assert found.private_key == "-----BEGIN\nkey\n"


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    settings = WorkerSettings(github_app_id="1", github_app_private_key_path=tmp_path / "none.pem")
    with pytest.raises(GitHubError, match="GITHUB_APP_PRIVATE_KEY_PATH"):
        identity_of(settings)
