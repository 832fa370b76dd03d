"""`faultline bench diagnosis`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from analyzer.benchmarks import labelled, theia
from analyzer.benchmarks.diagnosis import diagnose_pairs, load_pairs
from analyzer.benchmarks.diagnosis_tables import diagnosis_table, programs_named
from analyzer.benchmarks.diagnosis_verdicts import judge_cases, judge_pairs, verdict_table
from analyzer.commands.options import cache_mounts, sandbox_policy
from analyzer.options import Options

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(name="diagnosis")
@click.option("--suite", type=FOLDER, help="A checkout of github.com/Wardat-ISU/DeepLocalize.")
@click.option("--theia", "theia_suite", type=FOLDER, help="A checkout of Ruchira-1/Theia.")
@click.option("--corpus", type=FOLDER, help="The cache of train-diagnosis.")
@click.option("--part", type=click.Choice(["all", "faulty", "sound"]), default="all")
@click.option("--only", default="", help="Programs whose id contains this.")
@click.option("--every", type=click.IntRange(1), default=1, help="A sample: each n-th one.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1)
@click.option("--budget", type=float, default=60.0, help="Seconds for the review of a program.")
@click.option("--verdict", is_flag=True, help="The learned verdict alone, by one run of each.")
@click.option("--no-verify", is_flag=True, help="Do not check edits by running again.")
@click.option("--no-experiments", is_flag=True, help="Try no edit by paired trainings.")
@click.option("--reports", type=click.Path(path_type=Path), help="Also write the reports.")
def diagnosis_command(
    suite: Path | None,
    theia_suite: Path | None,
    corpus: Path | None,
    no_verify: bool,
    **given: Any,
) -> None:
    """Faults flagged, named and located: DeepLocalize's pairs, Theia's programs, own corpus."""
    if suite is None and theia_suite is None and corpus is None:
        raise click.UsageError("expected --suite, --theia or --corpus")
    options = Options(
        verify="none" if no_verify else "posted",
        experiments=not given.pop("no_experiments"),
        budget=given.pop("budget"),
        mounts=cache_mounts(os.environ),
        sandbox=sandbox_policy(os.environ),
    )
    if suite is not None:
        _deeplocalize(suite, options, **given)
    if theia_suite is not None:
        _theia(theia_suite, options, **given)
    if corpus is not None:
        _corpus(corpus)


def _say(text: str) -> None:
    click.echo(text, err=True)


def _deeplocalize(suite: Path, options: Options, **given: Any) -> None:
    pairs, published = load_pairs()
    chosen = [pair for pair in pairs if given["only"] in pair.id][:: given["every"]]
    part = given["part"]
    parts = ("faulty", "sound") if part == "all" else (part,)
    if given["verdict"]:
        judged = judge_pairs(suite, chosen, options, parts, _say)
        click.echo(f"\n## DeepLocalize's pairs, the verdict alone\n\n{verdict_table(judged)}")
        return
    done = diagnose_pairs(suite, chosen, options, given["jobs"], _say, parts)
    if given["reports"] is not None:
        both = [outcome for each in done for outcome in (each.faulty, each.corrected)]
        labelled.write_reports(given["reports"], [o for o in both if o is not None])
    click.echo(f"\n## DeepLocalize's pairs\n\n{diagnosis_table(done, published)}")


def _theia(suite: Path, options: Options, **given: Any) -> None:
    faulty, sound = theia.load_cases()
    tables = (("faulty", faulty, labelled.faulty_table), ("sound", sound, labelled.sound_table))
    for name, cases, table in tables:
        chosen = [case for case in cases if given["only"] in case.file][:: given["every"]]
        if given["part"] not in ("all", name) or not chosen:
            continue
        if given["verdict"]:
            judged = judge_cases(suite, chosen, options, _say)
            click.echo(
                f"\n## Theia's {name} programs, the verdict alone\n\n{verdict_table(judged)}"
            )
            continue
        outcomes = labelled.run_cases(suite, chosen, options, given["jobs"], _say)
        if given["reports"] is not None:
            labelled.write_reports(given["reports"], outcomes)
        click.echo(f"\n## Theia's {name} programs\n\n{table(outcomes)}")
        if name == "faulty":
            click.echo(programs_named(outcomes))


def _corpus(cache: Path) -> None:
    """The learned verdict on the held-out part of the generated programs."""
    # Here, because scikit-learn takes seconds to import and nothing else of `bench` needs it.
    from analyzer.diagnosis.card import card_tables
    from analyzer.diagnosis.evaluation import held_out_figures

    figures, structural = held_out_figures(cache)
    card = card_tables(figures, structural=structural)
    click.echo(f"\n## The held-out part of the generated programs\n\n{card}")
