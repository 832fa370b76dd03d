"""`faultline bench`: the project's own benchmarks."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from analyzer.benchmarks import labelled, marked, overhead, reliability, theia
from analyzer.benchmarks.labelled import Case, Outcome
from analyzer.calibration import COUNTS
from analyzer.commands.bench_diagnosis import diagnosis_command
from analyzer.commands.bench_proof import experiments_command, repair_command
from analyzer.commands.options import cache_mounts, sandbox_policy
from analyzer.options import Options

Command = Callable[..., None]


@click.group()
def bench() -> None:
    """Measure Faultline on programs whose faults are known."""


bench.add_command(diagnosis_command)
bench.add_command(experiments_command)
bench.add_command(repair_command)


def _bench_options(help_: str) -> Callable[[Command], Command]:
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    options = [
        click.option("--suite", required=True, type=folder, help=help_),
        click.option("--part", type=click.Choice(["all", "faulty", "sound"]), default="all"),
        click.option("--only", help="Programs whose path contains this."),
        click.option("--every", type=click.IntRange(1), default=1, help="A sample: each n-th one."),
        click.option("--jobs", type=click.IntRange(1, 64), default=1),
        click.option("--static", is_flag=True, help="Never run the programs."),
        click.option("--no-verify", is_flag=True, help="Do not check edits by running again."),
        click.option("--no-experiments", is_flag=True, help="Try no edit by paired trainings."),
        click.option("--reports", type=click.Path(path_type=Path), help="Also write the reports."),
    ]

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@bench.command(name="theia")
@_bench_options("A checkout of github.com/Ruchira-1/Theia.")
def theia_command(suite: Path, **given: Any) -> None:
    """Faults named on the 39 faulty programs, false alarms on the 39 sound ones."""
    _run(suite, *theia.load_cases(), **given)


@bench.command()
@_bench_options("A folder of programs with a labels.json, such as tests/programs/heldout.")
def programs(suite: Path, **given: Any) -> None:
    """Faults named and false alarms on a folder of labelled programs."""
    _run(suite, *labelled.load_collection(suite), **given)


@bench.command(name="overhead")
@click.option("--framework", "frameworks", multiple=True, type=click.Choice(["torch", "keras"]))
@click.option("--batch", "batches", multiple=True, type=click.IntRange(1), default=(32, 512))
@click.option("--repetitions", type=click.IntRange(1), default=5)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu")
def overhead_command(
    frameworks: Sequence[str], batches: Sequence[int], repetitions: int, device: str
) -> None:
    """What observing costs per training step, as a ratio to the same program bare."""
    measured = overhead.measure_overheads(
        frameworks or ("torch", "keras"),
        batches,
        repetitions,
        sandbox_policy(os.environ),
        lambda text: click.echo(text, err=True),
        device,
    )
    click.echo(overhead.overhead_table([]))
    for row in measured:
        click.echo(overhead.overhead_row(row))


@bench.command(name="reliability")
@click.option(
    "--suite",
    "suites",
    required=True,
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Labelled, marked or sound programs; repeatable.",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=1)
@click.option("--budget", type=click.FloatRange(1.0), default=60.0, help="Seconds per program.")
@click.option("--no-experiments", is_flag=True, help="Count contracts and rules alone.")
@click.option("--write", is_flag=True, help="Write the counts that calibrate confidences.")
def reliability_command(
    suites: Sequence[Path], jobs: int, budget: float, no_experiments: bool, write: bool
) -> None:
    """How often findings are right, beside what their confidence says."""
    options = Options(
        budget=budget,
        verify="none" if no_experiments else "posted",
        experiments=not no_experiments,
        mounts=cache_mounts(os.environ),
        sandbox=sandbox_policy(os.environ),
    )
    outcomes: list[Outcome] = []
    for suite in suites:
        faulty, sound = marked.load_programs(suite)
        outcomes += labelled.run_cases(
            suite, (*faulty, *sound), options, jobs, lambda text: click.echo(text, err=True)
        )
    judged = reliability.judgements(outcomes)
    click.echo(reliability.reliability_table(judged))
    if write:
        reliability.write_counts(judged, COUNTS)


def _run(suite: Path, faulty: Sequence[Case], sound: Sequence[Case], **given: Any) -> None:
    options = Options(
        static=given["static"],
        verify="none" if given["no_verify"] else "posted",
        experiments=not given["no_experiments"],
        mounts=cache_mounts(os.environ),
        sandbox=sandbox_policy(os.environ),
    )
    tables = (("faulty", faulty, labelled.faulty_table), ("sound", sound, labelled.sound_table))
    for name, cases, table in tables:
        chosen = [case for case in cases if (given["only"] or "") in case.file][:: given["every"]]
        if given["part"] not in ("all", name) or not chosen:
            continue
        outcomes = labelled.run_cases(
            suite, chosen, options, given["jobs"], lambda text: click.echo(text, err=True)
        )
        if given["reports"] is not None:
            labelled.write_reports(given["reports"], outcomes)
        click.echo(f"\n## {name.capitalize()} programs\n\n{table(outcomes)}")
