"""`faultline bench experiments` and `faultline bench repair`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from analyzer.benchmarks import experiments, labelled, theia
from analyzer.benchmarks.repair import repair_all, repair_table
from analyzer.commands.options import cache_mounts, sandbox_policy
from analyzer.options import Options

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(name="experiments")
@click.option("--seconds", type=float, default=30.0, help="For each framework.")
def experiments_command(seconds: float) -> None:
    """Before-and-after pairs a minute, for a small MLP on 1,000 samples."""
    policy = sandbox_policy(os.environ)
    paces = experiments.measure_pace(policy, seconds, lambda text: click.echo(text, err=True))
    click.echo(experiments.pace_table(paces))


@click.command(name="repair")
@click.option("--suite", required=True, type=FOLDER, help="A checkout of Theia, or a collection.")
@click.option("--sound", is_flag=True, help="The sound programs: does any edit harm?")
@click.option("--only", default="", help="Programs whose path contains this.")
@click.option("--every", type=click.IntRange(1), default=1, help="Every n-th program alone.")
@click.option("--budget", type=float, default=60.0, help="Seconds for the review of a program.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1)
def repair_command(suite: Path, sound: bool, only: str, every: int, **given: Any) -> None:
    """Apply what --fix writes, train faulty and repaired, and print the held-out scores."""
    own = (suite / "labels.json").is_file()
    faulty, right = labelled.load_collection(suite) if own else theia.load_cases()
    cases = [case for case in (right if sound else faulty) if only in case.file][::every]
    options = Options(
        verify="posted" if sound else "all",
        budget=given["budget"],
        mounts=cache_mounts(os.environ),
        sandbox=sandbox_policy(os.environ),
    )
    say = lambda text: click.echo(text, err=True)  # noqa: E731
    repairs = repair_all(suite, cases, options, given["jobs"], say)
    click.echo(repair_table(repairs))
