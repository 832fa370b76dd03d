"""`faultline train-diagnosis`."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from analyzer.commands.options import sandbox_policy
from analyzer.diagnosis.building import SMALL_PLAN, Plan, build, write_model
from analyzer.diagnosis.verdict import MODEL, STRUCTURE

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(name="train-diagnosis")
@click.option("--programs", type=click.IntRange(4), default=Plan().programs, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=Plan().seed, show_default=True)
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keeps programs and observations; an interrupted run goes on from there.",
)
@click.option("--out", type=FILE, help="Default: the models of this installation.")
@click.option("--small", is_flag=True, help="A few PyTorch programs, for a test of the machinery.")
def train_diagnosis(
    programs: int, seed: int, cache: Path | None, out: Path | None, small: bool
) -> None:
    """Generate programs with known faults, observe them, train the diagnosis, print its figures.

    PROGRAMS sound programs are drawn; each is written with several faults, one or two at a time.
    """
    if small and out is None:
        raise click.UsageError("--small: give --out; its model is not for use")
    plan = replace(SMALL_PLAN, seed=seed) if small else Plan(programs=programs, seed=seed)
    with ExitStack() as stack:
        folder = cache or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        say = lambda text: click.echo(text, err=True)  # noqa: E731
        built = build(plan, folder, sandbox_policy(os.environ), say)
    write_model(built.forest, out or MODEL)
    write_model(built.structure, out.with_stem(f"{out.stem}-structure") if out else STRUCTURE)
    click.echo(built.card, nl=False)
