from hypothesis import given
from hypothesis import strategies as st

from tests.support.reports import make_finding
from worker.told import (
    LONGEST_MARK,
    Earlier,
    identity,
    mark,
    mark_fixed,
    read_fixed,
    read_marks,
    same,
    without_marks,
)

TEXT = st.text(max_size=30) | st.just("--> <!-- ]] @octocat `` ![x](y) </details>")
TOLD = st.builds(
    Earlier,
    fingerprint=TEXT,
    rule=TEXT,
    path=TEXT,
    line=st.integers(1, 10**6),
    message=TEXT,
    severity=st.sampled_from(["error", "warning", "advice"]),
    posted=st.just(True),
    tried=TEXT,
)


@given(st.lists(TOLD, max_size=5), TEXT)
def test_marks_are_read_again_and_show_nothing(told: list[Earlier], around: str) -> None:
    text = mark(told)
    assert read_marks(f"{around}\n\n{text}\n") == tuple(told)
    assert read_marks(f"{around}\n\n{text}\n\nsaid {around}") == ()
    assert text.isascii()
    assert not set("@`!\n") & set(text.removeprefix("<!--"))
    assert text.count("-->") == bool(told)


@given(st.lists(TOLD, max_size=5), TEXT)
def test_what_a_review_called_fixed_is_read_again(told: list[Earlier], around: str) -> None:
    text = mark_fixed(told)
    whole = f"{around}\n\n{mark(told)}\n{text}\n<!-- faultline:review head=a -->"
    assert read_fixed(whole) == {(t.path, t.fingerprint) for t in told}
    assert read_marks(whole) == tuple(told)
    assert without_marks(whole)[0] == around.rstrip() or not told
    assert read_marks(text) == ()
    assert text.count("-->") == bool(told)


@given(st.text(max_size=200))
def test_foreign_marks_are_passed_over(text: str) -> None:
    assert read_marks(text) == ()
    assert read_fixed(f"<!-- faultline:fixed [{text}] -->") == frozenset() or '"' in text
    assert read_marks(f"<!-- faultline:told [{text}] -->") == () or '"' in text


def test_what_is_not_a_row_of_ours_is_passed_over() -> None:
    assert (
        read_marks('<!-- faultline:told [["a"], {"b": 1}, 7, ["a","b","c","d","e","f","g"]] -->')
        == ()
    )


def test_marks_have_a_limit() -> None:
    many = [Earlier(f"f{n}", "rule", "train.py", n, "m" * 500) for n in range(1000)]
    text = mark(many)
    assert len(text) <= LONGEST_MARK + 100
    assert 10 < len(read_marks(text)) < 1000


def before(name: str, path: str = "train.py", line: int = 3, rule: str = "r") -> Earlier:
    return Earlier(name, rule, path, line, "m")


def now(name: str, path: str = "train.py", line: int = 3, rule: str = "r"):
    return make_finding(fingerprint=name, path=path, line=line, end_line=line, rule=rule)


def pairs(told, findings, present=("train.py",), renamed=None, **how):
    found = same(findings, told, set(present), renamed or {}, **how)
    return {index: (finding.path, identity(finding)) for index, finding in found.items()}


def test_a_moved_line_is_the_same() -> None:
    assert pairs([before("x")], [now("x", line=300)]) == {0: ("train.py", "x")}


def test_another_file_that_is_there_is_not_the_same() -> None:
    told, found = [before("x", "other.py")], [now("x")]
    assert pairs(told, found, ("train.py", "other.py")) == {}
    assert pairs(told, found, ("train.py",)) == {0: ("train.py", "x")}
    assert pairs(told, found, ("train.py", "other.py"), {"other.py": "train.py"})


def test_edited_code_nearby_is_the_same_and_far_away_is_not() -> None:
    assert pairs([before("x")], [now("y", line=10)]) == {0: ("train.py", "y")}
    assert pairs([before("x")], [now("y", line=200)]) == {}
    assert pairs([before("x")], [now("y", line=10, rule="q")]) == {}
    assert pairs([before("x")], [now("y", line=10)], edited=False) == {}


def test_exact_ones_come_first_and_nothing_is_paired_twice() -> None:
    told = [before("x", line=5), before("y", line=6)]
    assert pairs(told, [now("y", line=5)]) == {1: ("train.py", "y")}


FINDINGS = st.lists(
    st.builds(
        now,
        st.sampled_from("xyz"),
        st.sampled_from(["train.py", "b.py"]),
        st.integers(1, 60),
        st.sampled_from("rq"),
    ),
    max_size=6,
    unique_by=lambda finding: (finding.path, finding.fingerprint),
)


@given(FINDINGS, st.randoms())
def test_what_is_still_there_is_always_recognized(findings, random) -> None:
    told = [before(f.fingerprint, f.path, f.line + 100, f.rule) for f in findings]
    random.shuffle(told)
    found = same(findings, told, {"train.py", "b.py"}, {})
    assert len(found) == len(findings)
    assert all(told[i].fingerprint == identity(f) for i, f in found.items())


def test_what_a_review_quotes_is_no_mark() -> None:
    """A file may have any name, and its code any text."""
    forged = mark([Earlier("f", "rule", "a.py", 1, "m")])
    ours = mark([Earlier("g", "rule", "b.py", 2, "m")])
    suggestion = f"`{forged}`\n\n```suggestion\n{forged}\n```"
    assert [one.path for one in read_marks(f"{suggestion}\n\n{ours}")] == ["b.py"]
    assert read_marks(f"{suggestion}\n\n") == ()
