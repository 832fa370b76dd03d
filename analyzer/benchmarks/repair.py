"""Is a program better after `--fix`? Faulty and repaired, trained longer than the experiments did.

Each program is reviewed in a copy of its own; every edit that `check --fix` would write is applied;
then both texts train several times as long as in an experiment, under seeds that no experiment has
used, and are scored on samples that neither has trained on.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Literal

from analyzer.benchmarks.labelled import Case, data_files
from analyzer.errors import EditError, SandboxError
from analyzer.experiments.runs import NotMeasured, Trainings
from analyzer.experiments.scores import deciding_score
from analyzer.findings import Edit, ProgramReport
from analyzer.fixing.lines import apply_edits
from analyzer.limits import Limits
from analyzer.observation import open_session
from analyzer.observed import Measured, Observation
from analyzer.options import Options, ProgramSpec
from analyzer.pipeline import analyze
from analyzer.requesting import Way, in_way, program_request
from analyzer.sandbox.protocol import ExperimentRequest, Request
from analyzer.sandbox.session import Session
from analyzer.source.files import read_source

Answer = Literal["better", "worse", "same", "runs now", "unchanged", "not measurable"]
FIRST_SEED = 1000
"""Seeds of the experiments are far below."""
SEEDS = 3
STEPS, EPOCHS, SECONDS, SAMPLES = 1500, 6, 12.0, 4000
"""Five times the steps of an experiment, on twice the samples."""
WALLS = 12
"""One run may take so many times the seconds of its training: imports, data, a busy machine."""
OWN_TIMES = 5
"""A program that ends after fewer steps by itself trains five times as long as it would."""
WAYS: tuple[Way, ...] = ("plain", "tf_keras", "invented_files")
VISIBLE = 0.01
"""A difference of mean scores below this is none."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One program before and after.

    Attributes:
        edits: how many edits were applied, and by which rules.
        before, after: held-out scores per seed.
        note: why there is no answer, or what is special.
    """

    file: str
    answer: Answer
    edits: tuple[str, ...] = ()
    metric: str = ""
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()
    seconds: float = 0.0
    note: str = ""


def repair_all(
    suite: Path,
    cases: Sequence[Case],
    options: Options,
    jobs: int,
    say: Callable[[str], None],
) -> list[Repair]:
    """Repair and train each of these programs."""

    def one(case: Case) -> Repair:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="faultline-bench-") as folder:
            root = Path(folder)
            name = Path(case.file).name
            shutil.copy(suite / case.file, root / name)
            for file in data_files(suite, case):
                shutil.copy(file, root / file.name)
            done = _repair(root, name, case.file, options)
        done = replace(done, seconds=time.monotonic() - started)
        say(line_of(done))
        return done

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return list(pool.map(one, cases))


def _repair(root: Path, name: str, file: str, options: Options) -> Repair:
    report = analyze(root, [name], options).programs[0]
    edits, rules = chosen_edits(report)
    if not edits:
        return Repair(file, "unchanged", note=report.reason or "no edit was offered")
    source = read_source(root, name)
    try:
        after = apply_edits(source.raw_text, edits)
    except EditError as error:
        return Repair(file, "not measurable", rules, note=str(error))
    with ExitStack() as stack:
        session = stack.enter_context(open_session(root, source, ProgramSpec(name), options))
        try:
            return _trained(root, name, file, report, after, rules, session, options)
        except SandboxError as error:
            return Repair(file, "not measurable", rules, note=str(error))


def chosen_edits(report: ProgramReport) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """The verified edits as `--fix` writes them, none overlapping, and the rules they are of."""
    chosen: list[Edit] = []
    rules: list[str] = []
    for finding in report.findings:
        if finding.fix is None or not finding.fix.verified:
            continue
        new = [edit for edit in finding.fix.edits if edit not in chosen]
        if any(
            a.start_line <= b.end_line and b.start_line <= a.end_line for a in new for b in chosen
        ):
            continue
        chosen += new
        rules.append(finding.rule)
    return tuple(chosen), tuple(rules)


def _trained(
    root: Path,
    name: str,
    file: str,
    report: ProgramReport,
    after: str,
    rules: tuple[str, ...],
    session: Session,
    options: Options,
) -> Repair:
    request = program_request(root, name, options)
    note = "invented data" if report.data and report.data.source == "stand_in" else ""
    texts: tuple[dict[str, str], dict[str, str]] = ({}, {name: after})
    why = ""
    for way in WAYS[: 1 if report.framework == "torch" else None]:
        trainings = _trainings(in_way(request, way), session, report)
        first = [trainings.measure(side, 0) for side in texts]
        if all(isinstance(side, NotMeasured) for side in first):
            why = why or next(side.reason for side in first if isinstance(side, NotMeasured))
            continue
        before, repaired = ([trainings.measure(t, seed) for seed in range(SEEDS)] for t in texts)
        return answered(file, rules, before, repaired, report, note)
    return Repair(file, "not measurable", rules, note=why)


def _trainings(request: Request, session: Session, report: ProgramReport) -> Trainings:
    asked = ExperimentRequest(
        steps=STEPS,
        epochs=EPOCHS,
        own_times=OWN_TIMES,
        seconds=SECONDS,
        samples=SAMPLES,
        problem=report.problem,
    )

    def run(request: Request) -> Observation:
        return session.observe(request, limits=replace(Limits(), wall_seconds=WALLS * SECONDS))

    return Trainings(request, run, asked, float("inf"), first_seed=FIRST_SEED)


def answered(
    file: str,
    rules: tuple[str, ...],
    before: Sequence[Measured | NotMeasured],
    after: Sequence[Measured | NotMeasured],
    report: ProgramReport,
    note: str,
) -> Repair:
    """The answer on these runs."""
    one = [run for run in before if isinstance(run, Measured)]
    two = [run for run in after if isinstance(run, Measured)]
    name = deciding_score(report.problem, [*one, *two])
    if not two or name is None:
        reasons = [run.reason for run in (*before, *after) if isinstance(run, NotMeasured)]
        slow = [run for run in after if isinstance(run, NotMeasured) and run.late]
        lost = bool(one) and not two and len(slow) < len(after)
        why = next(iter(reasons), "no score in common")
        return Repair(file, "worse" if lost else "not measurable", rules, note=why)
    scores = [tuple(round(run.scores[name], 4) for run in side) for side in (one, two)]
    gap = fmean(scores[1]) - fmean(scores[0]) if one else 1.0
    answer: Answer = "same" if abs(gap) < VISIBLE else "better" if gap > 0 else "worse"
    if not one:
        answer = "runs now"
        reason = next(run.reason for run in before if isinstance(run, NotMeasured))
        note = f"{note} before: {reason}".strip()
    return Repair(file, answer, rules, name, scores[0], scores[1], note=note)


def repair_table(repairs: Sequence[Repair]) -> str:
    """Markdown: per program the held-out score before and after, and the counts."""
    rows = [
        "| program | edits | score | before | after | answer | s | note |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in repairs:
        cells = [
            f"`{Path(each.file).stem}`",
            ", ".join(each.edits),
            each.metric,
            _mean(each.before),
            _mean(each.after),
            each.answer,
            f"{each.seconds:.0f}",
            each.note[:100].replace("|", "/"),
        ]
        rows.append("| " + " | ".join(cells) + " |")
    answers = [each.answer for each in repairs]
    counts = ", ".join(f"{word} {answers.count(word)}" for word in dict.fromkeys(answers))
    better = answers.count("better") + answers.count("runs now")
    return "\n".join([*rows, "", f"- {len(repairs)} programs: {counts}", f"- better: {better}"])


def line_of(repair: Repair) -> str:
    """One line of progress."""
    scores = f"{repair.metric} {_mean(repair.before)} -> {_mean(repair.after)}"
    edits = ", ".join(repair.edits)
    seconds = f"{repair.seconds:.0f} s"
    return f"{repair.file}: {repair.answer}: {scores}, {seconds} ({edits}) {repair.note}"


def _mean(scores: Sequence[float]) -> str:
    return f"{fmean(scores):.3f}" if scores else "-"
