"""Programs whose faulty lines carry a mark, in a folder per rule; and folders of sound ones.

In `RULE/faulty*.py` the line of the comment ends in "# fault"; `RULE/sound*.py` has none. Words
after the mark say what differs from the folder's rule (``kind=loss``), and which rules may rightly
speak too, wherever they do (``also=one-rule,another-rule``).
"""

from __future__ import annotations

import re
from pathlib import Path

from analyzer.benchmarks.labelled import Case, Fault, load_collection
from analyzer.errors import UsageError
from analyzer.rules.registry import rule_named

MARK = re.compile(r"#\s*fault\b(?P<words>(?:\s+\w+=[\w,-]+)*)\s*$")


def load_programs(suite: Path) -> tuple[tuple[Case, ...], tuple[Case, ...]]:
    """Faulty and sound programs: by labels.json, by marks, or all sound when there is neither.

    Raises:
        UsageError: the folder holds no programs, or a folder is not named like a rule.
    """
    if (suite / "labels.json").is_file():
        return load_collection(suite)
    marked = sorted(suite.glob("*/*.py"))
    if marked:
        cases = [_marked(suite, path) for path in marked]
        return tuple(c for c in cases if c.faults), tuple(c for c in cases if not c.faults)
    sound = tuple(Case(file=path.name, weight=1) for path in sorted(suite.glob("*.py")))
    if not sound:
        raise UsageError(f"--suite {suite}: expected programs, labels.json or folders of programs")
    return (), sound


def _marked(suite: Path, path: Path) -> Case:
    rule = rule_named(path.parent.name)
    rows = path.read_text("utf-8").splitlines()
    faults: list[Fault] = []
    also: set[str] = set()
    for number, row in enumerate(rows, 1):
        mark = MARK.search(row)
        if mark is not None:
            words = dict(word.split("=", 1) for word in mark["words"].split())
            kind = words.get("kind", rule.kind)
            faults.append(Fault(frozenset({kind}), frozenset({number})))
            also |= set(filter(None, words.get("also", "").split(",")))
    anywhere = frozenset(range(1, len(rows) + 1))
    others = [Fault(frozenset({rule_named(name).kind}), anywhere) for name in sorted(also)]
    file = path.relative_to(suite).as_posix()
    return Case(file=file, weight=1, faults=tuple(faults), also=tuple(others))
