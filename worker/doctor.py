"""`faultline doctor`: what works on this machine, and a remedy for each thing that does not."""

from __future__ import annotations

from collections.abc import Iterator

import click
from kombu.exceptions import OperationalError
from pydantic import SecretStr, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from analyzer.health import Check, check_analyzer
from analyzer.options import SandboxPolicy
from worker.doctor_github import check_app
from worker.github import AppIdentity
from worker.queue import EMBEDDED, broker_url, make_queue, ping
from worker.settings import WorkerSettings
from worker.store import Database

MARKS = {True: "ok  ", False: "FAIL", None: "-   "}


@click.command()
def doctor() -> int:
    """Try the sandbox, frameworks, devices, database, broker and GitHub credentials."""
    failed = 0
    for check in _checks():
        click.echo(f"{MARKS[check.works]}  {check.name}: {check.detail}")
        if check.works is False and check.remedy:
            click.echo(f"      {check.remedy}")
        failed += check.works is False
    return 1 if failed else 0


def _checks() -> Iterator[Check]:
    try:
        settings = WorkerSettings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        yield Check("settings", False, str(first["msg"]), "mend the environment or .env")
        yield from check_analyzer(SandboxPolicy())
        return
    yield from check_analyzer(SandboxPolicy(kind=settings.faultline_sandbox))
    yield check_database(settings)
    yield check_broker(settings)
    yield from check_github(settings)


def check_database(settings: WorkerSettings) -> Check:
    """The database answers; a missing SQLite file is made."""
    try:
        database = Database(settings.database_url)
        database.create()
        database.ping()
    except (SQLAlchemyError, OSError, ImportError) as error:
        remedy = "check FAULTLINE_DATABASE_URL and that FAULTLINE_HOME can be written"
        return Check("database", False, f"unreachable ({type(error).__name__})", remedy)
    return Check("database", True, "reachable")


def check_broker(settings: WorkerSettings) -> Check:
    """The broker answers; the embedded one always does."""
    setting = settings.faultline_broker_url.get_secret_value()
    if broker_url(setting) == EMBEDDED:
        return Check("broker", True, "embedded in `faultline serve`")
    try:
        ping(make_queue(setting))
    except OperationalError as error:
        remedy = "start Redis, or check FAULTLINE_BROKER_URL"
        return Check("broker", False, f"unreachable ({type(error).__name__})", remedy)
    return Check("broker", True, "reachable")


def check_github(settings: WorkerSettings) -> Iterator[Check]:
    """Credentials are there, and GitHub agrees with what they are for."""
    try:
        key = settings.private_key
    except (OSError, UnicodeDecodeError) as error:
        yield Check("github key", False, str(error), "check GITHUB_APP_PRIVATE_KEY_PATH")
        return
    if not settings.github_app_id or not key:
        detail = "no credentials: GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY are not set; "
        yield Check("github", None, f"{detail}`faultline serve` leads through set-up")
        return
    yield check_secret()
    yield from check_app(AppIdentity(settings.github_api_url, settings.github_app_id, key))


class _Receiver(WorkerSettings):
    """What `serve` knows besides; a worker has no use for it."""

    github_webhook_secret: SecretStr = SecretStr("")


def check_secret() -> Check:
    """Without it `serve` takes nothing."""
    if _Receiver().github_webhook_secret.get_secret_value():
        return Check("webhook secret", True, "set")
    remedy = "set GITHUB_WEBHOOK_SECRET, the same here and in the App's settings"
    return Check("webhook secret", None, f"not set, as for a worker alone; for `serve`: {remedy}")
