"""DeepLocalize's benchmark: 40 pairs of a faulty program and its corrected version.

The programs come from a checkout of the public repository; the labels are this package's own facts,
written down from what distinguishes the two programs of a pair. Beside them stand the totals
that the authors published: Wardat, Le, Rajan, DeepLocalize, ICSE 2021.

What is counted for a faulty program:

- *flagged*: it gets an error or a warning, or a finding of any severity whose kind is that of one
  of its faults, wherever in the file. Spellings that today's frameworks do not know (kind `api`)
  never count: every program of the collection has them.
- *kind*: a finding of the kind of one of its faults, wherever in the file.
- *line*: such a finding on a line that is accepted for that fault (the strict count).
- *any finding*: as the authors counted, whose tool says that something is wrong.

A fault that the correction leaves in (`also`) confirms an alarm; it is no fault of the pair, so
that the counts above do not rest on it; what they would be with these is counted apart
(*true of the program*). The authors' own callback, which both programs may name, is
a part of their tool and no fault.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from analyzer.benchmarks.labelled import DATA_SUFFIXES, Case, Outcome, fault_of
from analyzer.errors import UsageError
from analyzer.findings import Finding
from analyzer.options import Options, ProgramSpec
from analyzer.pipeline import analyze

SUFFIXES = frozenset({".py"}) | DATA_SUFFIXES
MOST_BYTES = 20_000_000
"""Larger data files of a program are left where they are."""


@dataclass(frozen=True, slots=True)
class Place:
    """A program in the checkout: the folder that belongs to it, and the file that is run."""

    folder: str
    file: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A faulty program with its labels, and the corrected version.

    Attributes:
        labels: faults, what else is true of the faulty program, what the corrected one still has.
        run: the command line, for a program that needs arguments.
    """

    id: str
    faulty: Place
    corrected: Place
    labels: Case
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """Totals of the paper: programs, flagged ones, those with the fault's place."""

    programs: int
    flagged: int
    located: int


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """The reports on both programs of a pair; None: that half was not asked for."""

    pair: Pair
    faulty: Outcome | None
    corrected: Outcome | None

    @property
    def line(self) -> bool:
        """A fault's kind on one of its lines."""
        return self.faulty is not None and any(self.faulty.named)

    @property
    def kind(self) -> bool:
        """A fault's kind anywhere in the file."""
        return self.faulty is not None and any(self.faulty.kind_named)

    @property
    def flagged(self) -> bool:
        """A fault's kind, or an error or warning."""
        return self.kind or bool(alarms_of(self.faulty))

    @property
    def true_line(self) -> bool:
        """A fault on its line, be it one that the correction leaves in."""
        return self.faulty is not None and any(
            map(self.faulty.is_right, self.faulty.report.findings)
        )

    @property
    def true_flag(self) -> bool:
        """An error or warning, or the kind of a fault, be it one that the correction leaves in."""
        kinds = {finding.kind for finding in self.faulty.report.findings} if self.faulty else set()
        return self.flagged or any(fault.kinds & kinds for fault in self.pair.labels.also)

    @property
    def anything(self) -> bool:
        """Any finding that is no old spelling."""
        found = self.faulty.report.findings if self.faulty is not None else ()
        return any(finding.kind != "api" for finding in found)


def load_pairs() -> tuple[tuple[Pair, ...], Published]:
    """The pairs with their labels, and the published totals."""
    text = files("analyzer.benchmarks").joinpath("deeplocalize.json").read_text("utf-8")
    facts = json.loads(text)
    return tuple(map(_pair, facts["programs"])), Published(**facts["published"])


def _pair(row: dict[str, Any]) -> Pair:
    labels = Case(
        file=row["id"],
        weight=1,
        faults=tuple(map(fault_of, row["faults"])),
        also=tuple(map(fault_of, row["also"])),
        left_in=frozenset(row["left_in"]),
    )
    return Pair(row["id"], Place(*row["faulty"]), Place(*row["corrected"]), labels, row.get("run"))


def alarms_of(outcome: Outcome | None) -> tuple[Finding, ...]:
    """Errors and warnings that are no old spelling."""
    return tuple(f for f in outcome.alarms if f.kind != "api") if outcome is not None else ()


def diagnose_pairs(
    suite: Path,
    pairs: Sequence[Pair],
    options: Options,
    jobs: int,
    say: Callable[[str], None],
    parts: Sequence[str] = ("faulty", "sound"),
) -> list[Diagnosed]:
    """Review a copy of both programs of each pair.

    Args:
        parts: "faulty" and "sound", or one of them.

    Raises:
        UsageError: `suite` is not a checkout of the benchmark's repository.
    """
    for place in (place for pair in pairs for place in (pair.faulty, pair.corrected)):
        path = suite / place.folder / place.file
        if not path.is_file():
            raise UsageError(f"--suite {suite}: {path} is not there; expected a checkout")

    def run(pair: Pair) -> Diagnosed:
        bare = replace(pair.labels, file=f"{pair.id}.corrected", faults=(), also=())
        faulty = (
            _review(suite, pair.faulty, pair, pair.labels, options) if "faulty" in parts else None
        )
        sound = _review(suite, pair.corrected, pair, bare, options) if "sound" in parts else None
        done = Diagnosed(pair, faulty, sound)
        say(f"{pair.id}: {'line' if done.line else 'kind' if done.kind else '-'}")
        return done

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return list(pool.map(run, pairs))


def _review(suite: Path, place: Place, pair: Pair, labels: Case, options: Options) -> Outcome:
    """Copy code and tables of the program's folder and review its main file there."""
    if pair.run is not None:
        options = replace(options, programs=(ProgramSpec(path="*", run=pair.run),))
    with copy_of(suite, place) as root:
        report = analyze(root, [place.file], options).programs[0]
    return Outcome(labels, report)


@contextmanager
def copy_of(suite: Path, place: Place) -> Iterator[Path]:
    """A folder with code and tables of the program, as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="faultline-bench-") as folder:
        for source in _files(suite / place.folder):
            target = Path(folder) / source.relative_to(suite / place.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        yield Path(folder)


def _files(folder: Path) -> Iterator[Path]:
    """Code, and data of moderate size; no results, models or pictures."""
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in SUFFIXES and file.stat().st_size <= MOST_BYTES:
            yield file
