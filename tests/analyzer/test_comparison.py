from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.baseline import against_base, needs_base
from analyzer.comparison import compare, line_map, programs_to_compare
from analyzer.findings import Finding, Report
from analyzer.options import Options
from analyzer.pipeline import analyze
from tests.support.reports import make_finding, make_report


def one(fingerprint: str, line: int = 3, **changes: object) -> Finding:
    return make_finding(fingerprint=fingerprint, line=line, end_line=line, **changes)


def report(*findings: Finding, **changes: object) -> Report:
    made = make_report(*findings, **changes)
    return made.model_copy(update={"programs": made.programs[:1]})


def marks(made: Report) -> list[bool | None]:
    return [finding.introduced for finding in made.programs[0].findings]


def compared(after: Report, before: Report, old: str = "", new: str = "") -> list[bool | None]:
    return marks(compare(after, before, {}, line_map({"train.py": (old, new)})))


def test_what_fires_on_both_is_old() -> None:
    assert compared(report(one("a"), one("b", 9)), report(one("a", 30))) == [False, True]


def test_a_rule_that_could_not_look_before_says_nothing() -> None:
    before = report(checked=("another-rule",))
    assert compared(report(one("a")), before) == [None]


def test_a_program_that_was_not_looked_at_is_not_marked() -> None:
    before = report(path="other.py")
    assert compared(report(one("a")), before) == [None]


def test_what_trained_nothing_before_is_new() -> None:
    assert compared(report(one("a")), report(status="skipped", checked=())) == [True]


def test_a_renamed_program_is_the_same_program() -> None:
    after = report(one("a", path="new.py"), path="new.py")
    made = compare(after, report(one("a")), {"new.py": "train.py"}, line_map({}))
    assert marks(made) == [False]


def test_of_identical_code_the_line_that_was_written_is_new() -> None:
    old = "first\nsame\nlast\n"
    new = "same\nfirst\nsame\nlast\n"
    after = report(one("a", 1), one("a-2", 3))
    assert compared(after, report(one("a", 2)), old, new) == [True, False]
    again = report(one("a", 3), one("a-2", 4))
    assert compared(again, report(one("a", 2)), old, "x\nfirst\nsame\nsame\nlast\n") == [
        False,
        True,
    ]


@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_as_many_are_old_as_there_were(before: list[str], after: list[str]) -> None:
    def numbered(codes: list[str]) -> Report:
        found = []
        for index, code in enumerate(codes):
            nth = codes[: index + 1].count(code)
            found.append(one(code if nth == 1 else f"{code}-{nth}", index + 1))
        return report(*found)

    made = compare(numbered(after), numbered(before), {}, line_map({}))
    for code in "abc":
        old = [
            f
            for f in made.programs[0].findings
            if f.fingerprint[0] == code and f.introduced is False
        ]
        assert len(old) == min(before.count(code), after.count(code))


def test_programs_without_such_findings_need_no_look() -> None:
    advice = report(one("a", severity="advice"))
    assert programs_to_compare(advice, ("error", "warning")) == ()
    assert needs_base(advice)
    assert not needs_base(report())


PROGRAM = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.Softmax(dim=1))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
for step in range(60):
    optimizer.zero_grad()
    x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
"""


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    base, head = tmp_path / "base", tmp_path / "head"
    base.mkdir()
    head.mkdir()
    return base, head


def against(base: Path, head: Path, renamed: dict[str, str]) -> Report:
    options = Options(static=True)
    (path,) = (file.name for file in head.iterdir())
    found = analyze(head, [path], options)
    return against_base(found, head, base, renamed, options, analyze)


def test_a_real_program_before_and_after(folders: tuple[Path, Path]) -> None:
    base, head = folders
    (base / "old.py").write_text(PROGRAM)
    (head / "new.py").write_text("# moved\n" + PROGRAM.replace("lr=0.001", "lr=100.0"))
    (program,) = against(base, head, {"new.py": "old.py"}).programs
    assert program.findings
    by_line = {finding.line: finding.introduced for finding in program.findings}
    assert {mark for line, mark in by_line.items() if line != 7} <= {False}
    assert by_line.get(7, True) is not False


def test_a_new_program_has_only_new_findings(folders: tuple[Path, Path]) -> None:
    base, head = folders
    (head / "new.py").write_text(PROGRAM)
    (program,) = against(base, head, {}).programs
    assert program.findings
    assert all(finding.introduced for finding in program.findings)
