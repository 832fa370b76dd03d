"""`faultline bench`: the project's own benchmarks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from analyzer.benchmarks import theia as benchmark
from analyzer.commands.options import cache_mounts, sandbox_policy
from analyzer.options import Options


@click.group()
def bench() -> None:
    """Measure Faultline on programs whose faults are known."""


@bench.command()
@click.option(
    "--suite",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A checkout of github.com/Ruchira-1/Theia.",
)
@click.option("--part", type=click.Choice(["all", "faulty", "sound"]), default="all")
@click.option("--only", help="Programs whose path contains this.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1)
@click.option("--static", is_flag=True, help="Never run the programs.")
@click.option("--no-verify", is_flag=True, help="Do not check edits by running again.")
@click.option("--reports", type=click.Path(path_type=Path), help="Also write each report here.")
def theia(
    suite: Path, part: str, only: str | None, jobs: int, reports: Path | None, **given: Any
) -> None:
    """Faults named on the 39 faulty programs, false alarms on the 39 sound ones."""
    faulty, sound = benchmark.load_cases()
    options = Options(
        static=given["static"],
        verify=not given["no_verify"],
        mounts=cache_mounts(os.environ),
        sandbox=sandbox_policy(os.environ),
    )
    parts = (("faulty", faulty, benchmark.faulty_table), ("sound", sound, benchmark.sound_table))
    for name, cases, table in parts:
        if part not in ("all", name):
            continue
        chosen = [case for case in cases if only is None or only in case.file]
        outcomes = benchmark.run_cases(
            suite, chosen, options, jobs, lambda text: click.echo(text, err=True)
        )
        if reports is not None:
            _write_reports(reports, outcomes)
        if outcomes:
            click.echo(f"\n## {name.capitalize()} programs\n\n{table(outcomes)}")


def _write_reports(folder: Path, outcomes: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for outcome in outcomes:
        name = outcome.case.file.replace("/", "_").replace(" ", "_")
        (folder / f"{name}.json").write_text(outcome.report.model_dump_json(indent=1), "utf-8")
