"""The settings of the service, read once from the environment and `.env`; secrets are masked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

import platformdirs
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.admission import Admission
from worker.operation import OperationSettings
from worker.queue import EMBEDDED, broker_url
from worker.store import StoredCredentials, default_database_url

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Settings(OperationSettings):
    """Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    github_api_url: Annotated[
        str, Field(description="API base; GitHub Enterprise Server: https://HOST/api/v3")
    ] = "https://api.github.com"
    github_app_id: Annotated[str, Field(description="number of the GitHub App")] = ""
    github_app_private_key: Annotated[
        SecretStr, Field(description="the App's private key, PEM text")
    ] = SecretStr("")
    github_app_private_key_path: Annotated[
        Path | None, Field(description="file that holds the private key")
    ] = None
    github_webhook_secret: Annotated[
        SecretStr, Field(description="secret that signs the deliveries")
    ] = SecretStr("")
    faultline_host: Annotated[str, Field(description="address to listen on")] = "127.0.0.1"
    faultline_port: Annotated[int, Field(ge=0, le=65535, description="port to listen on")] = 8000
    faultline_database_url: Annotated[
        SecretStr, Field(description="SQLite or PostgreSQL; default a SQLite file in the home")
    ] = SecretStr("")
    faultline_broker_url: Annotated[
        SecretStr, Field(description="redis://...; default embedded, nothing to start")
    ] = SecretStr("")
    faultline_home: Annotated[Path, Field(description="state folder")] = Path(
        platformdirs.user_data_dir("faultline")
    )
    faultline_datasets: Annotated[
        Path | None, Field(description="read-only datasets that repositories may name")
    ] = None
    faultline_sandbox: Annotated[
        Literal["bubblewrap", "none"], Field(description="how programs are confined")
    ] = "bubblewrap"
    faultline_allow_unsandboxed: Annotated[
        bool, Field(description="must be 1 for the sandbox none")
    ] = False
    faultline_device: Annotated[
        Literal["auto", "cpu", "cuda"], Field(description="where programs train")
    ] = "auto"
    faultline_concurrency: Annotated[
        int, Field(ge=1, description="reviews at once; default the CPU count")
    ] = os.cpu_count() or 1
    faultline_log_format: Annotated[
        Literal["text", "json"], Field(description="how log lines are written")
    ] = "text"
    faultline_rules_url: Annotated[
        str, Field(description="where docs/rules is published; comments link to its pages")
    ] = ""
    faultline_public_url: Annotated[
        str, Field(description="https://... under which GitHub reaches this server; for set-up")
    ] = ""
    faultline_allow_repositories: Annotated[
        str, Field(description="globs of owner/name, with commas; default all")
    ] = ""
    faultline_allow_installations: Annotated[
        str, Field(description="ids or accounts, with commas; default all")
    ] = ""
    faultline_fork_approval: Annotated[
        Literal["commit", "pull-request"],
        Field(description="what a maintainer's `/faultline run` allows to run on a fork's change"),
    ] = "commit"
    faultline_retention_days: Annotated[
        int, Field(ge=7, le=36500, description="how long finished runs and deliveries are kept")
    ] = 90

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, environment, `.env`, and last the credentials that set-up stored."""
        usual = (init_settings, env_settings, dotenv_settings, file_secret_settings)
        return (*usual, StoredCredentials(settings_cls))

    @field_validator("faultline_broker_url")
    @classmethod
    def _is_a_broker(cls, value: SecretStr) -> SecretStr:
        broker_url(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _insists_on_no_sandbox(self) -> Self:
        # a worker refuses it as well; here it is said before anything starts
        if self.faultline_sandbox == "none" and not self.faultline_allow_unsandboxed:
            raise ValueError("none is accepted only together with FAULTLINE_ALLOW_UNSANDBOXED=1")
        return self

    @cached_property
    def database_url(self) -> str:
        """The database, with the default filled in."""
        return self.faultline_database_url.get_secret_value() or default_database_url(
            self.faultline_home
        )

    @property
    def broker(self) -> str:
        """The broker, as it was set."""
        return self.faultline_broker_url.get_secret_value()

    @property
    def is_embedded(self) -> bool:
        """Whether the worker runs inside `serve`."""
        return broker_url(self.broker) == EMBEDDED

    @property
    def webhook_secret(self) -> bytes:
        """Empty in set-up mode."""
        return self.github_webhook_secret.get_secret_value().encode()

    @cached_property
    def admission(self) -> Admission:
        """Whose deliveries are taken."""
        return Admission.of(self.faultline_allow_repositories, self.faultline_allow_installations)

    @property
    def missing(self) -> tuple[str, ...]:
        """Variables without which no review is possible; with any of them, this is set-up mode."""
        has_key = bool(
            self.github_app_private_key.get_secret_value() or self.github_app_private_key_path
        )
        present = {
            "GITHUB_APP_ID": bool(self.github_app_id),
            "GITHUB_APP_PRIVATE_KEY": has_key,
            "GITHUB_WEBHOOK_SECRET": bool(self.webhook_secret),
        }
        return tuple(name for name, is_set in present.items() if not is_set)

    def with_credentials(self, credentials: Mapping[str, str]) -> Self:
        """The same with the App's identity, as set-up received it."""
        secret = ("GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET")
        update = {
            name.lower(): SecretStr(value) if name in secret else value
            for name, value in credentials.items()
        }
        return self.model_copy(update=update)
