"""The commands `faultline review`, `faultline worker` and `faultline demo`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from worker.settings import WorkerSettings

FOUND, NOT_REVIEWED = 1, 3


def _review_options(command: Callable[..., int]) -> Callable[..., int]:
    from analyzer.commands.options import analysis_options

    return analysis_options(command)


@click.command()
@click.option("--repo", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".")
@click.option("--base", required=True, metavar="REV", help="Where the change began.")
@click.option("--head", default="HEAD", metavar="REV", help="The commit to review.")
@_review_options
def review(repo: Path, base: str, head: str, **given: Any) -> int:
    """Review the change between two commits; print exactly what the App would post.

    The format github gives the bodies of the App's requests; json, sarif, html and markdown give
    the report.
    """
    from analyzer import UsageError
    from worker.errors import WorkerError

    try:
        return _review(repo, base, head, given)
    except WorkerError as error:
        raise UsageError(str(error)) from error


def _review(repo: Path, base: str, head: str, given: dict[str, Any]) -> int:
    from analyzer.commands.check import progress, write
    from analyzer.commands.options import build_options, load_configuration
    from analyzer.formats import RENDERERS
    from worker import local
    from worker.clone import Clone

    clone = Clone(repo)
    chosen = given["config"]
    configuration = (
        load_configuration(chosen, repo) if chosen else local.base_configuration(clone, base)
    )
    options = build_options(configuration, given)
    say = progress() or (lambda _: None)
    done = local.review_clone(clone, base, head, configuration, options, given["fail_on"], say)
    kind = given["format_"] or "text"
    ours = {"text": local.render_text, "github": local.render_requests}
    text = ours[kind](done.review) if kind in ours else RENDERERS[kind](done.report)
    write(text, given["output"])
    if any(program.status == "failed" for program in done.report.programs):
        return NOT_REVIEWED
    return FOUND if done.review.check.conclusion == "failure" else 0


def _with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """One flag for each setting: --faultline-broker-url, or shorter --broker-url."""
    for name, field in reversed(WorkerSettings.model_fields.items()):
        flag = "--" + name.replace("_", "-")
        names = [*dict.fromkeys([flag, flag.replace("--faultline-", "--")]), name]
        command = click.option(*names, help=f"{field.description} [{name.upper()}]")(command)
    return command


@click.command()
@click.option(
    "--queues",
    default="reviews,analysis.cpu,analysis.gpu",
    show_default=True,
    help="Queues to take messages from.",
)
@_with_settings
def worker(queues: str, **flags: str | None) -> None:
    """A Celery worker, for a deployment with a broker.

    Every flag is also an environment variable, named in brackets; a file .env is read.
    """
    os.environ.update({name.upper(): value for name, value in flags.items() if value is not None})
    try:
        settings = WorkerSettings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = "".join(f"{part}: " for part in first["loc"]).upper()
        message = str(first["msg"]).removeprefix("Value error, ")
        raise click.UsageError(f"{where}{message}") from error
    _work(settings, queues)


def _work(settings: WorkerSettings, queues: str) -> None:
    from worker import logs
    from worker.queue import EMBEDDED, QUEUES, broker_url, make_queue
    from worker.store import check_database

    broker = settings.faultline_broker_url.get_secret_value()
    if broker_url(broker) == EMBEDDED:
        message = "FAULTLINE_BROKER_URL is not set; without a broker the worker runs in"
        raise click.UsageError(f"{message} `faultline serve`")
    chosen = [name.strip() for name in queues.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in QUEUES]
    if unknown or not chosen:
        raise click.UsageError(f"--queues: expected some of {', '.join(QUEUES)}, got {queues!r}")
    try:
        check_database(settings.database_url)
    except ValueError as error:
        raise click.UsageError(f"FAULTLINE_DATABASE_URL, FAULTLINE_HOME: {error}") from error
    logs.configure(settings.faultline_log_format)
    celery = make_queue(broker)
    node = celery.Worker(
        queues=chosen, concurrency=settings.faultline_concurrency, loglevel="INFO", quiet=True
    )
    node.start()
    raise SystemExit(node.exitcode or 0)


@click.command()
def demo() -> int:
    """The main job end to end on this machine: a pull request goes in, a review comes out."""
    from worker.demo import run

    return int(run() or 0)
