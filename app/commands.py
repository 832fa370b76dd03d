"""The command `faultline serve`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from typing import Any

import click
from pydantic import ValidationError

from app.settings import LOOPBACK, Settings
from worker.store import check_database


def _with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """One flag for each setting: --faultline-port, or shorter --port."""
    for name, field in reversed(Settings.model_fields.items()):
        flag = "--" + name.replace("_", "-")
        flags = [flag, flag.replace("--faultline-", "--")]
        names = [*dict.fromkeys(flags), name]
        command = click.option(*names, help=f"{field.description} [{name.upper()}]")(command)
    return command


@click.command()
@_with_settings
def serve(**flags: str | None) -> None:
    """The GitHub App: webhook receiver, pages, and a worker unless a broker is set.

    Every flag is also an environment variable, named in brackets; a file .env is read.
    """
    # A flag becomes the variable, so that the worker in this process reads the same value.
    os.environ.update({name.upper(): value for name, value in flags.items() if value is not None})
    try:
        settings = Settings()
    except ValidationError as error:
        raise click.UsageError(_explain(error)) from error
    try:
        check_database(settings.database_url)
    except ValueError as error:
        raise click.UsageError(f"FAULTLINE_DATABASE_URL, FAULTLINE_HOME: {error}") from error
    _run(settings)


def _explain(error: ValidationError) -> str:
    first = error.errors(include_input=False)[0]
    where = str(first["loc"][0]).upper() if first["loc"] else "FAULTLINE_SANDBOX"
    return f"{where}: {str(first['msg']).removeprefix('Value error, ')}"


def _run(settings: Settings) -> None:
    import uvicorn  # here, because --help should not wait for it

    from app import webhooks
    from app.express import Express
    from app.main import create_app

    key = secrets.token_urlsafe(18)
    if settings.missing:
        names = ", ".join(settings.missing)
        click.echo(f"Not set up yet ({names} missing): open {_setup_page(settings, key)}", err=True)
    uvicorn.run(
        Express(create_app(settings, setup_key=key), webhooks.PATH, webhooks.receive),
        host=settings.faultline_host,
        port=settings.faultline_port,
        log_config=_logging(settings),
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


def _setup_page(settings: Settings, key: str) -> str:
    """Where to set up; a browser elsewhere needs the key."""
    host = settings.faultline_host
    if host in LOOPBACK:
        return f"http://{f'[{host}]' if ':' in host else host}:{settings.faultline_port}/setup"
    base = settings.faultline_public_url or f"http://{host}:{settings.faultline_port}"
    return f"{base.rstrip('/')}/setup?key={key}"


def _logging(settings: Settings) -> dict[str, Any]:
    """The worker's formatters, named so that nothing of the worker is imported here."""
    kind = {"text": "TextFormatter", "json": "JsonFormatter"}[settings.faultline_log_format]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"worker.logs.{kind}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {"httpx": {"level": "WARNING"}, "amqp": {"level": "WARNING"}},
    }
