"""A pull request's life in values alone: whatever is pushed, nobody hears a thing twice."""

from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from analyzer import Finding
from tests.support.reports import make_finding, make_report
from tests.support.unified import whole_file
from worker.comments import Change
from worker.review import Context, Earlier, Policy, Review, compose
from worker.standing import Standing
from worker.suggestion import Text
from worker.threads import Thread
from worker.told import read_marks

RULES = ("a", "b", "c", "d")
LINES = tuple(f"line {number}" for number in range(1, 200))


@dataclass
class GitHub:
    """The threads and the newest review, as GitHub would show them."""

    threads: list[Thread] = field(default_factory=list)
    body: str = ""

    def take(self, made: Review) -> None:
        done = [
            replace(t, is_resolved=True, closed_by_us=True) if t.id in made.over else t
            for t in self.threads
        ]
        self.threads = [
            replace(t, is_resolved=False, closed_by_us=False) if t.id in made.again else t
            for t in done
        ]
        for comment in made.comments:
            told = read_marks(comment.body)
            self.threads.append(Thread(f"t{len(self.threads)}", told))
        self.body = made.body or self.body


def report(present: frozenset[str], line: int):
    found = [
        make_finding(
            rule=rule,
            fingerprint=f"{rule}-code",
            line=line + 30 * n,
            end_line=line + 30 * n,
            fix=None,
        )
        for n, rule in enumerate(sorted(present))
    ]
    made = make_report(*found, checked=RULES)
    return made.model_copy(update={"programs": made.programs[:1]})


PUSHES = st.lists(
    st.tuples(
        st.frozensets(st.sampled_from(RULES)),
        st.integers(1, 20),
        st.booleans(),  # whether what was remembered is lost
        st.none() | st.integers(0, 3),  # the thread that a person answers in
        st.none() | st.integers(0, 3),  # the thread that a person resolves
    ),
    max_size=12,
)


@given(PUSHES, st.integers(0, 4))
def test_nothing_is_told_twice(pushes, most: int) -> None:
    github, memory = GitHub(), ()
    change = Change({"train.py": whole_file("train.py", 199)}, {"train.py": Text(LINES)})
    before: frozenset[str] = frozenset()
    told: list[str] = []
    for present, line, forgets, answered, closed in pushes:
        standing = Standing(tuple(github.threads), read_marks(github.body))
        earlier: tuple[Earlier, ...] = () if forgets else memory
        made = compose(
            report(present, line),
            change,
            Policy(max_comments=most),
            "f" * 40,
            earlier,
            Context(standing),
        )
        theirs = {t.id for t in github.threads if t.is_answered}
        assert not theirs & {*made.over, *made.again}
        new = [one.rule for comment in made.comments for one in read_marks(comment.body)]
        told += new
        if present == before and not forgets:
            assert made.body is None  # nothing changed, so nothing is said
        memory, before = made.remembered, present
        github.take(made)
        for index, change_ in (
            (answered, {"is_answered": True}),
            (closed, {"is_resolved": True, "closed_by_us": False}),
        ):
            if index is not None and index < len(github.threads):
                github.threads[index] = replace(github.threads[index], **change_)
    assert len(told) == len(set(told))


def test_a_finding_that_was_there_before_the_change_is_in_the_summary_alone() -> None:
    change = Change({"train.py": whole_file("train.py", 199)}, {"train.py": Text(LINES)})

    def with_marks(*marks: bool | None):
        found: list[Finding] = [
            make_finding(
                rule=f"r{n}",
                fingerprint=f"{n}",
                line=9 * n + 1,
                end_line=9 * n + 1,
                fix=None,
                introduced=mark,
            )
            for n, mark in enumerate(marks)
        ]
        made = make_report(*found, checked=("r0", "r1", "r2"))
        return made.model_copy(update={"programs": made.programs[:1]})

    old = compose(with_marks(False), change, Policy(), "f" * 40)
    assert old.body is None
    assert "### There before this change" in old.check.summary
    assert old.check.conclusion == "success"
    assert old.check.title == "Nothing new in 1 observed program; 1 error there before"
    mixed = compose(with_marks(False, True, None), change, Policy(), "f" * 40)
    assert [comment.line for comment in mixed.comments] == [10, 19]
    everything = compose(with_marks(False), change, Policy(scope="all"), "f" * 40)
    assert everything.check.conclusion == "failure"


def test_ignored_is_neither_told_nor_failing_nor_fixed() -> None:
    @dataclass(frozen=True)
    class Wish:
        rule: str
        fingerprint: str = ""

    change = Change({"train.py": whole_file("train.py", 199)}, {"train.py": Text(LINES)})
    context = Context(ignored=(Wish("a"), Wish("b", "another")))
    made = compose(report(frozenset("ab"), 3), change, Policy(), "f" * 40, (), context)
    assert [comment.line for comment in made.comments] == [33]
    assert "### Ignored, as somebody asked" in made.check.summary
    thread = Thread("t", (Earlier("a-code", "a", "train.py", 3, "m"),))
    standing = Standing((thread,))
    only = compose(
        report(frozenset("a"), 3), change, Policy(), "f" * 40, (), Context(standing, (Wish("a"),))
    )
    assert (only.body, only.over, only.check.conclusion) == (None, (), "success")


def test_success_needs_checks_that_ran() -> None:
    made = make_report(checked=(), unchecked=())
    made = made.model_copy(update={"programs": made.programs[:1]})
    change = Change({"train.py": whole_file("train.py", 199)}, {})
    assert compose(made, change, Policy(), "f" * 40).check.conclusion == "neutral"
