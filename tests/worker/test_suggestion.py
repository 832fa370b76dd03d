from difflib import unified_diff

from hypothesis import assume, given
from hypothesis import strategies as st

from analyzer import Edit, Fix
from tests.support.reports import make_finding
from tests.support.unified import whole_file, with_context
from worker.comments import Change, draft, render
from worker.demo.github_standin.anchors import find_anchor
from worker.demo.github_standin.diffs import ChangedFile as StandInFile
from worker.demo.github_standin.diffs import parse_hunks
from worker.demo.github_standin.suggestions import (
    Replacement,
    apply_replacements,
    suggested_lines,
)
from worker.diff import ChangedFile, parse_patch
from worker.suggestion import (
    Suggestion,
    Text,
    apply_edits,
    as_diff,
    block,
    is_suggestible,
    merge,
    merge_words,
    plan,
)

LINE = st.text(alphabet="ab` \t=()", max_size=6)
LINES = st.lists(LINE, min_size=1, max_size=12)


@st.composite
def texts_with_edits(draw: st.DrawFn) -> tuple[tuple[str, ...], list[Edit]]:
    """A file and edits of it that do not overlap."""
    lines = tuple(draw(LINES))
    edits, start = [], 1
    while start <= len(lines) and draw(st.booleans()):
        first = draw(st.integers(start, len(lines)))
        last = draw(st.integers(first, len(lines)))
        new = "\n".join(draw(st.lists(LINE, max_size=3)))
        edits.append(Edit(path="f.py", start_line=first, end_line=last, replacement=new))
        start = last + 1
    return lines, edits


@given(texts_with_edits(), st.booleans())
def test_committing_all_suggestions_is_applying_the_edits(
    made: tuple[tuple[str, ...], list[Edit]], is_crlf: bool
) -> None:
    """Judged by the stand-in's button "Commit suggestion", from the text of the comment."""
    lines, edits = made
    ending = "\r\n" if is_crlf else "\n"
    content = "".join(line + ending for line in lines).encode()
    text = Text.of(content)
    assert text is not None
    expected = apply_edits(text, edits)
    assert expected is not None
    parts = plan(edits, {"f.py": text}, {"f.py": whole_file("f.py", len(lines))})
    if expected == text.lines:
        assert parts == ()
        return
    assume(parts)
    committed = []
    for part in parts:
        body = f"An explanation with `code`.\n\n{block(part.lines, 'suggestion')}\n\nand more"
        shown = suggested_lines(body)
        assert shown is not None
        committed.append(Replacement(part.start, part.end, shown))
    after = apply_replacements(content, committed)
    assert after == "".join(f"{line}\n" for line in expected).encode()


def edit(start: int, end: int, replacement: str, path: str = "f.py") -> Edit:
    return Edit(path=path, start_line=start, end_line=end, replacement=replacement)


TEXT = Text(tuple(f"line {number}" for number in range(1, 61)))


def planned(*edits: Edit, file: ChangedFile | None = None) -> tuple[Suggestion, ...]:
    return plan(edits, {"f.py": TEXT}, {"f.py": file or whole_file("f.py", 60)})


def test_only_lines_that_change_are_suggested() -> None:
    assert planned(edit(3, 5, "line 3\nnew\nline 5")) == (Suggestion("f.py", 4, 4, ("new",)),)


def test_insertion_repeats_the_line_before_it() -> None:
    assert planned(edit(3, 3, "line 3\nnew")) == (Suggestion("f.py", 3, 3, ("line 3", "new")),)
    assert planned(edit(1, 1, "new\nline 1")) == (Suggestion("f.py", 1, 1, ("new", "line 1")),)


def test_deletion_is_an_empty_block() -> None:
    (part,) = planned(edit(3, 4, ""))
    assert part == Suggestion("f.py", 3, 4, ())
    assert suggested_lines(block(part.lines, "suggestion")) == ()


def test_near_edits_are_one_suggestion_and_far_ones_several() -> None:
    near = planned(edit(3, 3, "x"), edit(6, 6, "y"))
    assert near == (Suggestion("f.py", 3, 6, ("x", "line 4", "line 5", "y")),)
    far = planned(edit(3, 3, "x"), edit(50, 50, "y"))
    assert far == (Suggestion("f.py", 3, 3, ("x",)), Suggestion("f.py", 50, 50, ("y",)))


def test_all_or_nothing() -> None:
    file = with_context("f.py", changed=[10])
    assert planned(edit(10, 10, "x"), file=file)
    assert planned(edit(10, 10, "x"), edit(30, 30, "y"), file=file) == ()
    assert planned(edit(10, 10, "x"), edit(1, 1, "y", path="other.py")) == ()
    assert planned(*(edit(start, start, "x") for start in range(1, 60, 2))) == ()


def test_never_over_deleted_rows() -> None:
    file = with_context("f.py", changed=[10], gaps=[11])
    assert is_suggestible(Suggestion("f.py", 8, 10, ()), file)
    assert not is_suggestible(Suggestion("f.py", 10, 11, ()), file)
    # so edits around the deleted row become two suggestions
    expected = (Suggestion("f.py", 10, 10, ("x",)), Suggestion("f.py", 11, 11, ("y",)))
    assert planned(edit(10, 11, "x\ny"), file=file) == expected
    assert len(planned(edit(9, 9, "x"), edit(12, 12, "y"), file=file)) == 2
    assert planned(edit(10, 11, "x\ny\nz"), file=file) == ()


def test_edits_that_overlap_or_leave_the_file_are_refused() -> None:
    assert apply_edits(TEXT, [edit(3, 5, "x"), edit(5, 6, "y")]) is None
    assert apply_edits(TEXT, [edit(60, 61, "x")]) is None


def test_files_whose_lines_git_counts_otherwise_are_not_quoted() -> None:
    assert Text.of(b"a\rb\n") is None
    assert Text.of("ä\n".encode("latin-1")) is None
    assert Text.of(b"a\0b") is None
    assert Text.of("a\x0cb\u2028c\n".encode()) == Text(("a\x0cb\u2028c",))


def test_two_edits_of_one_line_are_merged() -> None:
    text = Text(("m.compile(loss='mse', lr=10)", "m.fit(x)"))
    one = Suggestion("f.py", 1, 1, ("m.compile(loss='bce', lr=10)",))
    other = Suggestion("f.py", 1, 2, ("m.compile(loss='mse', lr=0.1)", "m.fit(x, y)"))
    assert merge(one, other, text) == Suggestion(
        "f.py", 1, 2, ("m.compile(loss='bce', lr=0.1)", "m.fit(x, y)")
    )


def test_contrary_edits_are_not_merged() -> None:
    text = Text(("f(a=1)",))
    one, other = (Suggestion("f.py", 1, 1, (line,)) for line in ("f(a=2)", "f(a=3)"))
    assert merge(one, other, text) is None
    assert merge(one, one, text) == one


def test_a_merge_must_parse() -> None:
    text = Text(("f(a)",))
    one = Suggestion("f.py", 1, 1, ("f((a)",))  # each is half of a pair
    other = Suggestion("f.py", 1, 1, ("f(a, b)",))
    assert merge(one, other, text) is None


@given(st.text(alphabet="ab .(\n"), st.text(alphabet="ab .(\n"))
def test_merging_with_what_changes_nothing(base: str, new: str) -> None:
    assert merge_words(base, new, base) == new
    assert merge_words(base, base, new) == new
    assert merge_words(base, new, new) == new


@given(st.lists(st.text(alphabet="`a~ ")))
def test_no_content_closes_its_fence(lines: list[str]) -> None:
    assert suggested_lines(block(lines, "suggestion")) == tuple(lines)


def test_diff_of_a_fix() -> None:
    shown = as_diff([edit(2, 2, "x")], {"f.py": TEXT})
    assert "-line 2\n+x\n" in shown
    assert shown.startswith("--- a/f.py\n+++ b/f.py\n")


@given(LINES, texts_with_edits(), st.booleans())
def test_every_suggestion_of_a_random_diff_can_be_committed(
    old: list[str], made: tuple[tuple[str, ...], list[Edit]], is_crlf: bool
) -> None:
    """From the patch to the button, judged by the stand-in's own reading of the same patch."""
    new, edits = made
    ending = "\r" if is_crlf else ""
    before, after = ([line + ending for line in lines] for lines in (old, new))
    patch = "\n".join(list(unified_diff(before, after, lineterm=""))[2:])
    content = "".join(f"{line}\n" for line in after).encode()
    text = Text.of(content)
    assert text is not None
    ours = ChangedFile("f.py", "modified", None, parse_patch(patch))
    theirs = StandInFile("f.py", None, "modified", "0" * 40, 0, 0, patch, parse_hunks(patch))
    finding = make_finding(
        path="f.py", line=1, end_line=1, fix=Fix(description="d", edits=tuple(edits))
    )
    drafts, _ = draft([finding], Change({"f.py": ours}, {"f.py": text}))
    change = Change({"f.py": ours}, {"f.py": text})
    committed = []
    for comment in (render(one, change) for one in drafts):
        anchor = find_anchor([theirs], comment.payload())
        shown = suggested_lines(comment.body)
        if shown is not None:
            rows = anchor.hunk.between(anchor.start or anchor.row, anchor.row)
            assert all(row.kind != "-" for row in rows)
            committed.append(Replacement(comment.start, comment.line, shown))
    assume(committed)
    expected = apply_edits(text, edits)
    assert expected is not None
    done = apply_replacements(content, committed)
    assert done == "".join(f"{line}\n" for line in expected).encode()
