"""Programs with a fault that shows in the run: the symptom is seen, at its line.

A comment ``# symptom: name`` marks the line; several names may follow. The programs' folder is
`tests/programs/symptoms`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analyzer.symptoms.base import STRONG, TOLD
from analyzer.symptoms.registry import all_checks, examine
from tests.support.contracts import show

PROGRAMS = Path(__file__).parents[2] / "programs" / "symptoms"
MARK = re.compile(r"#\s*symptom:(?P<names>(?:\s+[a-z-]+)+)\s*$")
NAMES = {check.name for check in all_checks()}


def marked(path: Path) -> set[tuple[str, int]]:
    """Names and lines of the symptoms that the program must show."""
    return {
        (name, number)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (mark := MARK.search(line))
        for name in mark["names"].split()
    }


@pytest.mark.parametrize("path", sorted(PROGRAMS.glob("*.py")), ids=lambda path: path.stem)
def test_a_fault_of_the_run_shows_at_its_line(path: Path) -> None:
    wanted = marked(path)
    assert wanted
    assert {name for name, _ in wanted} <= NAMES
    shown = show(path, sampled_steps=20)
    found = examine(shown.program)
    told = [each for each in found.symptoms if each.strength >= TOLD]
    lines = {(each.name, each.site.line) for each in told if each.site is not None}
    assert wanted <= lines, ([each.told for each in found.symptoms], found.unchecked)
    assert any(each.strength >= STRONG for each in told if each.name in dict(wanted))
