"""A pull request that lives: nothing is told twice, and people's threads are theirs."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from analyzer import Edit, Finding, Fix, Report
from tests.support.github import assert_described
from tests.support.reports import make_finding, make_report
from worker import posting
from worker.comments import Change
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.records import PullRequest as StandInPull
from worker.demo.github_standin.records import ReviewComment
from worker.github import Installation
from worker.pulls import read_changed_files, read_pull_request
from worker.review import Context, Earlier, Policy, Review, compose
from worker.standing import read_standing
from worker.suggestion import Text
from worker.threads import set_resolved
from worker.told import read_marks

FAULT = re.compile(r"fault\((\w+)")
BASE = [f"line_{number} = {number}" for number in range(1, 61)]


@pytest.fixture(autouse=True)
def _every_exchange_is_valid(github: GitHubStandIn) -> Iterator[None]:
    yield
    assert_described(github)


def finding(path: str, line: int, text: str) -> Finding:
    rule = FAULT.search(text)[1]
    code = re.sub(r"\s", "", text)
    edits = (Edit(path=path, start_line=line, end_line=line, replacement=f"fixed_{rule} = 1"),)
    return make_finding(
        rule=f"rule-{rule}",
        path=path,
        line=line,
        end_line=line,
        message=f"{rule} is wrong",
        fix=Fix(description=f"mend {rule}", edits=edits, verified=True),
        fingerprint=hashlib.sha256(f"{rule}{code}".encode()).hexdigest()[:16],
    )


def report_of(path: str, lines: list[str]) -> Report:
    """As the analyzer would report a file in which `fault(name)` is what is wrong."""
    found = [finding(path, n, text) for n, text in enumerate(lines, 1) if FAULT.search(text)]
    names = tuple(f"rule-{letter}" for letter in "abcde")
    made = make_report(*found, path=path, checked=names)
    return made.model_copy(update={"programs": made.programs[:1]})


@dataclass
class Author:
    """Somebody who pushes, and the App that answers each push."""

    github: GitHubStandIn
    api: Installation
    remembers: bool
    pull: StandInPull | None = None
    path: str = "train.py"
    memory: tuple[Earlier, ...] = ()
    said: list[Review] = field(default_factory=list)

    def push(self, lines: list[str], *, path: str = "train.py", **how: str) -> Review:
        files = {path: "".join(f"{line}\n" for line in lines).encode()}
        if path != self.path:
            files[self.path] = None
        self.github.push("topic", files, **how)
        self.path = path
        if self.pull is None:
            self.pull = self.github.open_pull_request("topic", "Train longer")
        return self.answer(lines)

    def answer(self, lines: list[str]) -> Review:
        pull = read_pull_request(self.api, "octo-org/nets", self.pull.number)
        text = Text(tuple(lines))
        change = Change(read_changed_files(self.api, pull), {self.path: text})
        context = Context(standing=read_standing(self.api, pull))
        policy, report = Policy(max_comments=2), report_of(self.path, lines)
        made = compose(report, change, policy, pull.head_sha, self.memory, context)
        posting.post_review(self.api, pull, made)
        set_resolved(self.api, made.over, made.again)
        number = posting.ensure_check_run(self.api, pull, None)
        posting.complete(self.api, pull.repository, number, made.check)
        self.memory = made.remembered if self.remembers else ()
        self.said.append(made)
        return made

    def thread(self, rule: str) -> ReviewComment:
        (comment,) = [one for one in self.pull.comments if f"`rule-{rule}`" in one.body]
        return comment

    def is_resolved(self, rule: str) -> bool:
        return self.thread(rule).id in self.pull.resolved_threads


def with_faults(**places: str) -> list[str]:
    lines = list(BASE)
    for name, line in places.items():
        lines[int(line) - 1] = f"fault({name}, {name * 3})"
    return lines


@pytest.fixture
def author(github: GitHubStandIn, api: Installation) -> Author:
    github.push("main", {"train.py": "".join(f"{line}\n" for line in BASE).encode()})
    return Author(github, api, remembers=True)


def test_ten_pushes(author: Author, github: GitHubStandIn) -> None:
    start = with_faults(a="5", b="25", c="45")
    opened = author.push(start)
    assert (len(opened.comments), "1 more finding" in opened.body) == (2, True)
    moved = ["# one", "# two", "# three", *start]
    assert author.push(moved).body is None
    assert author.push(moved, path="fit.py").body is None
    github.reply(author.pull, author.thread("a"), "We do this on purpose.")
    assert author.push([*moved, "more = 1"], path="fit.py").body is None

    fixed = [line for line in moved if "fault(a" not in line and "fault(b" not in line]
    news = author.push(fixed, path="fit.py")
    assert "Fixed since the last review: 2 of 3" in news.body
    assert author.is_resolved("b")
    assert not author.is_resolved("a")  # a person answered there

    back = author.push(moved, path="fit.py")
    assert "Back again, after it had been fixed" in back.body
    assert back.comments == ()
    assert not author.is_resolved("b")

    forced = author.push(start, onto="main")
    assert forced.comments == ()
    more = author.push([*start[:55], "fault(d, 1)", *start[55:]])
    assert [comment.line for comment in more.comments] == [56]
    edited = [line.replace("ccc", "cc, 9") for line in [*start[:55], "fault(d, 1)", *start[55:]]]
    assert author.push(edited).body is None
    clear = author.push([*BASE[:30], "ready = 1", *BASE[30:]])
    assert "everything found earlier is fixed" in clear.body
    assert author.push([*BASE[:30], "ready = 2", *BASE[30:]]).body is None

    comments = [one for one in author.pull.comments if one.in_reply_to is None]
    told = [mark.rule for one in comments for mark in read_marks(one.body)]
    assert sorted(told) == ["rule-a", "rule-b", "rule-d"]  # each once; c was folded
    assert [one.body for one in author.pull.comments if one.in_reply_to] == [
        "We do this on purpose."
    ]
    assert [author.is_resolved(rule) for rule in "abd"] == [False, True, True]
    rows = github.tally(author.pull)
    assert all(row.reviews <= 1 and row.check_runs == 1 for row in rows.values())
    assert not any(row.doubled or row.open_check_runs for row in rows.values())
    assert sum(row.reviews for row in rows.values()) == sum(
        one.body is not None for one in author.said
    )


def test_a_lost_memory_repeats_nothing(author: Author, github: GitHubStandIn) -> None:
    author.remembers = False
    start = with_faults(a="5", b="25", c="45")
    author.push(start)
    for number in range(9):
        assert author.push(["# more"] * number + start).body is None
    assert sum(row.comments for row in github.tally(author.pull).values()) == 2


def test_a_review_that_was_posted_and_never_recorded(author: Author) -> None:
    """Killed between posting and recording, and then another push came."""
    author.remembers = False
    author.push(with_faults(a="5"))
    author.remembers = True
    assert author.push(["# more", *with_faults(a="5")]).body is None
    assert [one.posted for one in author.memory] == [True]


def test_what_a_lost_review_called_fixed_or_back_is_not_called_so_again(author: Author) -> None:
    """The worker never heard of its review, and another push came before it looked for it."""
    both, one = with_faults(a="5", b="25"), with_faults(a="5")
    author.push(both)
    before = author.memory
    assert "Fixed since the last review: 1 of 2" in author.push(one).body
    author.memory = before
    assert author.push(["# more", *one]).body is None
    assert "rule-b" not in author.said[-1].check.summary.partition("### Programs")[0]

    before = author.memory
    author.memory = before
    assert "Back again" in author.push(both).body
    author.pull.resolved_threads.add(author.thread("b").id)  # it ended before this, too
    author.memory = before
    assert author.push(["# more", *both]).body is None
    assert not author.is_resolved("b")

    before = author.memory
    assert "Fixed since the last review: 1 of 2" in author.push(one).body
    author.memory = before
    lost = author.push(with_faults(a="5", c="45"))  # this one is lost as well
    assert "fixed" not in lost.body.lower().partition("<!--")[0]
    author.memory = before
    assert author.push(["# more", *with_faults(a="5", c="45")]).body is None


def test_the_same_head_twice_says_the_same_once(author: Author, github: GitHubStandIn) -> None:
    lines = with_faults(a="5", b="25", c="45")
    author.push(lines)
    author.memory = ()
    author.answer(lines)
    (row,) = github.tally(author.pull).values()
    assert (row.reviews, row.comments, row.check_runs) == (1, 2, 1)


def test_an_accepted_suggestion_is_said_to_work(author: Author, github: GitHubStandIn) -> None:
    start = with_faults(a="5", b="25")
    author.push(start)
    github.accept_suggestions(author.pull, [author.thread("a").id])
    after = [line if "fault(a" not in line else "fixed_a = 1" for line in start]
    made = author.answer(after)
    assert "Fixed since the last review: 1 of 2" in made.body
    assert "`rule-a` in `train.py`" in made.body
    again = author.push(start)  # reverted by hand
    assert "Back again" in again.body
    assert again.comments == ()
    assert not author.is_resolved("a")


def test_a_thread_that_a_person_closed_stays_closed(author: Author, github: GitHubStandIn) -> None:
    start = with_faults(a="5")
    author.push(start)
    github.resolve(author.pull, author.thread("a"))
    assert author.push(["# more", *start]).body is None
    assert author.is_resolved("a")


def test_without_the_permission_threads_are_left_and_nothing_breaks(
    author: Author, github: GitHubStandIn
) -> None:
    start = with_faults(a="5")
    author.push(start)
    github.hub.installation.permissions["contents"] = "read"
    github.hub.grants = {
        token: replace(grant, permissions={**grant.permissions, "contents": "read"})
        for token, grant in github.hub.grants.items()
    }
    assert "everything found earlier is fixed" in author.push(BASE[:-1]).body
    assert not author.is_resolved("a")
    assert author.push(BASE[:-2]).body is None  # said once
    assert author.push(start).body is None  # still told by the open thread
