"""The App's credentials as set-up stored them, in a file that only its owner may read.

The form is that of `.env` files, so that systemd and containers can read it as well.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

FILE = "credentials.env"
NAMES = (
    "GITHUB_API_URL",
    "GITHUB_APP_ID",
    "GITHUB_APP_PRIVATE_KEY",
    "GITHUB_WEBHOOK_SECRET",
)


def as_env(values: Mapping[str, str]) -> str:
    """Lines of an environment file; line breaks are written as two characters."""
    return "".join(f"{name}='{_quoted(value)}'\n" for name, value in values.items())


def _quoted(value: str) -> str:
    written = value.replace("\r", "").replace("\n", "\\n")
    if "'" in written or "\\" in written.replace("\\n", ""):
        raise ValueError("expected credentials without quotation marks and backslashes")
    return written


def write_credentials(home: Path, values: Mapping[str, str]) -> Path:
    """Store them with mode 0600, all or nothing; returns the file.

    Raises:
        OSError: the folder cannot be written.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes the file with mode 0600 from its first moment
    handle, name = tempfile.mkstemp(prefix=".credentials-", dir=home)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(as_env(values))
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, home / FILE)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return home / FILE


def read_credentials(home: Path) -> dict[str, str]:
    """What is stored; nothing when there is no file, or none that we may read."""
    file = home / FILE
    if not os.access(file, os.R_OK):
        return {}
    found = dotenv_values(file, interpolate=False)
    return {name: value for name in NAMES if (value := found.get(name))}


class StoredCredentials(PydanticBaseSettingsSource):
    """The last source of settings: what set-up stored under FAULTLINE_HOME.

    An App named elsewhere, by another number, is never mixed with the stored one's key.
    """

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Unused: the file is read as a whole."""
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The stored values of fields that these settings have."""
        given = self.current_state
        fields = self.settings_cls.model_fields
        home = given.get("faultline_home") or fields["faultline_home"].default
        stored = {name.lower(): value for name, value in read_credentials(Path(home)).items()}
        app = given.get("github_app_id")
        has_key = given.get("github_app_private_key") or given.get("github_app_private_key_path")
        if has_key or (app and app != stored.get("github_app_id")):
            return {}
        return {name: value for name, value in stored.items() if name in fields}
