"""Changes keep formatting, comments and line endings, and touch only the lines that must change."""

import itertools

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st
from libcst.metadata import MetadataWrapper, PositionProvider

from analyzer.errors import EditError
from analyzer.fixing.apply import change_text, plan_edits
from analyzer.fixing.edits import (
    EnsureImport,
    InsertAfter,
    InsertBefore,
    RemoveArgument,
    RemoveStatement,
    ReplaceExpression,
    SetArgument,
    UnwrapCall,
)
from analyzer.fixing.lines import apply_edits, edits_between
from analyzer.observed import Site


def site_of(text: str, part: str, *, occurrence: int = 0) -> Site:
    """The range of `part` in `text`."""
    start = -1
    for _ in range(occurrence + 1):
        start = text.index(part, start + 1)
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1)
    end = start + len(part)
    end_line = text.count("\n", 0, end) + 1
    end_column = end - (text.rfind("\n", 0, end) + 1)
    return Site(path="t.py", line=line, column=column, end_line=end_line, end_column=end_column)


def test_replaced_argument_keeps_comments_and_layout():
    text = 'model.add(Dense(\n    1,  # one unit\n    activation="softmax",\n))\nx = 1\n'
    call = site_of(text, 'Dense(\n    1,  # one unit\n    activation="softmax",\n)')
    edits = plan_edits("t.py", text, [SetArgument(call, "activation", '"sigmoid"')])
    assert [(e.start_line, e.end_line, e.replacement) for e in edits] == [
        (3, 3, '    activation="sigmoid",')
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(1, a=2)", "f(1, a=2, k=3)"),
        ("f()", "f(k=3)"),
        ("f(1)", "f(1, k=3)"),
        ("f(\n    1,\n    2,\n)", "f(\n    1,\n    2,\n    k=3,\n)"),
        ("f(1,\n  2)", "f(1,\n  2,\n  k=3)"),
        ("f(1, k=2)", "f(1, k=3)"),
    ],
)
def test_argument_is_set_in_the_layout_of_the_call(before, after):
    text = f"y = {before}\n"
    assert change_text("t.py", text, [SetArgument(site_of(text, before), "k", "3")]) == (
        f"y = {after}\n"
    )


def test_positional_argument_is_replaced_at_its_position():
    text = "opt = SGD(model.parameters(), 3.0)\n"
    call = site_of(text, "SGD(model.parameters(), 3.0)")
    changed = change_text("t.py", text, [SetArgument(call, "lr", "0.01", position=1)])
    assert changed == "opt = SGD(model.parameters(), 0.01)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [("f(1, k=2)", "f(1)"), ("f(k=2, j=1)", "f(j=1)"), ("f(\n  1,\n  k=2,\n)", "f(\n  1,\n)")],
)
def test_argument_is_removed(before, after):
    text = f"y = {before}\n"
    assert (
        change_text("t.py", text, [RemoveArgument(site_of(text, before), "k")]) == f"y = {after}\n"
    )


def test_call_is_unwrapped_in_place():
    text = "def forward(self, x):\n    return F.softmax(self.fc(x), dim=1)  # probabilities\n"
    call = site_of(text, "F.softmax(self.fc(x), dim=1)")
    changed = change_text("t.py", text, [UnwrapCall(call)])
    assert changed == "def forward(self, x):\n    return self.fc(x)  # probabilities\n"


def test_statements_are_inserted_with_the_indentation_of_their_neighbour():
    text = "for x in y:\n\tloss = f(x)\n\t# then back\n\tloss.backward()\n"
    statement = site_of(text, "loss.backward()")
    changed = change_text("t.py", text, [InsertBefore(statement, "optimizer.zero_grad()")])
    assert changed == (
        "for x in y:\n\tloss = f(x)\n\t# then back\n\toptimizer.zero_grad()\n\tloss.backward()\n"
    )
    after = change_text("t.py", text, [InsertAfter(statement, "optimizer.step()")])
    assert after.endswith("\tloss.backward()\n\toptimizer.step()\n")


def test_removing_the_only_statement_leaves_a_pass():
    text = "if a:\n    f()\n"
    assert change_text("t.py", text, [RemoveStatement(site_of(text, "f()"))]) == (
        "if a:\n    pass\n"
    )


def test_crlf_and_missing_final_newline_are_kept():
    text = "a = f(1)\r\nb = g(2)"
    edits = plan_edits("t.py", text, [InsertAfter(site_of(text, "a = f(1)"), "c = 3")])
    assert apply_edits(text, edits) == "a = f(1)\r\nc = 3\r\nb = g(2)"


def test_import_is_added_once():
    text = "import os\nx = 1\n"
    changed = change_text("t.py", text, [EnsureImport("torch.nn", "Linear")])
    assert "from torch.nn import Linear\n" in changed
    assert change_text("t.py", changed, [EnsureImport("torch.nn", "Linear")]) == changed


def test_place_that_is_gone_is_an_error_that_names_the_line():
    with pytest.raises(EditError, match=r"t\.py:9: the code to change is not there"):
        change_text(
            "t.py", "a = 1\n", [ReplaceExpression(Site(path="t.py", line=9, end_line=9), "2")]
        )


def test_text_that_does_not_parse_is_an_error():
    with pytest.raises(EditError, match="does not parse"):
        change_text("t.py", "a = (\n", [ReplaceExpression(site_of("a = (", "a"), "b")])


def test_nesting_that_overflows_parsers_is_an_error():
    text = "a = " + "-" * 20_000 + "1\n"
    with pytest.raises(EditError, match="does not parse"):
        change_text("t.py", text, [ReplaceExpression(site_of(text, "a"), "b")])


def test_edit_that_changes_nothing_is_an_error():
    text = "a = f(1)\n"
    with pytest.raises(EditError, match="changes nothing"):
        plan_edits("t.py", text, [ReplaceExpression(site_of(text, "1"), "1")])


LINE = st.text(alphabet="ab \t#", max_size=4)
TEXTS = st.builds(
    lambda lines, end, final: end.join(lines) + (end if final else ""),
    st.lists(LINE, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


@given(st.lists(LINE, min_size=1, max_size=8), st.lists(LINE, max_size=8), st.booleans())
def test_edits_between_two_texts_turn_one_into_the_other(old, new, crlf):
    end = "\r\n" if crlf else "\n"
    before = "".join(line + end for line in old)
    after = "".join(line + end for line in new)
    edits = edits_between("t.py", before, after)
    unsayable = new == [""] and "" not in old
    assert apply_edits(before, edits) == ("" if unsayable else after)
    for first, second in itertools.pairwise(edits):
        assert first.end_line < second.start_line


def test_overlapping_edits_are_refused():
    edits = edits_between("t.py", "a\n", "b\n")
    with pytest.raises(EditError, match="overlap"):
        apply_edits("a\n", [*edits, *edits])


PROGRAM = """\
# head
model = Sequential([
    Dense(8, activation='relu', input_shape=(4,)),   # hidden
    Dense(1, activation='softmax'),
])
for epoch in range(3):
    for x, y in loader:
        out = model(x); loss = f(out, y)
        loss.backward()
"""


def calls_of(text: str) -> list[Site]:
    class Finder(cst.CSTVisitor):
        METADATA_DEPENDENCIES = (PositionProvider,)

        def __init__(self):
            self.sites = []

        def visit_Call(self, node):
            p = self.get_metadata(PositionProvider, node)
            self.sites.append(
                Site(
                    path="t.py",
                    line=p.start.line,
                    column=p.start.column,
                    end_line=p.end.line,
                    end_column=p.end.column,
                )
            )

    finder = Finder()
    MetadataWrapper(cst.parse_module(text)).visit(finder)
    return finder.sites


@given(st.data())
def test_any_call_can_be_given_an_argument_and_only_its_lines_change(data):
    site = data.draw(st.sampled_from(calls_of(PROGRAM)))
    edits = plan_edits("t.py", PROGRAM, [SetArgument(site, "zz", "1")])
    changed = apply_edits(PROGRAM, edits)
    assert changed == change_text("t.py", PROGRAM, [SetArgument(site, "zz", "1")])
    assert all(site.line <= e.start_line <= e.end_line <= site.end_line for e in edits)
    assert changed.count("zz=1") == 1
    assert (
        changed.replace(", zz=1", "").replace("zz=1", "") == PROGRAM or "\n" in edits[0].replacement
    )


def test_a_difference_of_line_endings_alone_is_no_edit():
    (edit,) = edits_between("t.py", "a\rb\rc\r", "a\nB\nc")
    assert (edit.start_line, edit.end_line, edit.replacement) == (2, 2, "B")
    assert apply_edits("a\rb\rc\r", [edit]) == "a\rB\rc\r"
