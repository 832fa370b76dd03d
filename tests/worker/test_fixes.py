from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import Edit, Fix
from tests.support.github import assert_described
from tests.support.reports import make_finding
from worker import posting
from worker.demo.github_standin import EXECUTABLE, Failure, GitHubStandIn, TreeEntry
from worker.demo.github_standin.records import PullRequest as StandInPull
from worker.errors import Unavailable
from worker.fixes import Person, commit_fixes, message_of
from worker.fixes_files import edited
from worker.github import Installation
from worker.pulls import PullRequest, read_pull_request
from worker.repairs import LONGEST_KEPT, Repair, hide, read_repairs, repairs_of
from worker.summary import CheckOutput

Calls = Callable[[str, str], int]
SOURCE = b"import torch\r\n\tx = 1\r\n" + b"".join(b"a%d = %d\r\n" % (n, n) for n in range(30))


def repair(line: int, new: str, path: str = "nets/deep/run.py", rule: str = "a-rule") -> Repair:
    edits = (Edit(path=path, start_line=line, end_line=line, replacement=new),)
    return Repair(rule, path, line, f"write {new}", edits)


@pytest.fixture(autouse=True)
def _every_exchange_is_valid(github: GitHubStandIn) -> Iterator[None]:
    yield
    assert_described(github)


@pytest.fixture
def opened(github: GitHubStandIn) -> StandInPull:
    source = SOURCE.replace(b"\tx", b"if x:\r\n\tx")
    github.push("topic", {"nets/deep/run.py": TreeEntry(source, EXECUTABLE), "b.py": b"b = 1"})
    return github.open_pull_request("topic", "Train longer")


@pytest.fixture
def pull(api: Installation, opened: StandInPull) -> PullRequest:
    return read_pull_request(api, "octo-org/nets", opened.number)


@pytest.fixture
def review(api: Installation) -> Callable[[PullRequest, list[Repair]], None]:
    """A finished review of the head commit that keeps these repairs."""

    def finish(pull: PullRequest, repairs: list[Repair]) -> None:
        number = posting.ensure_check_run(api, pull, None)
        output = CheckOutput("failure", "title", "summary", f"### coverage\n\n{hide(repairs)}")
        posting.complete(api, pull.repository, number, output)

    return finish


Finish = Callable[[PullRequest, list[Repair]], None]


def test_one_commit_with_everything_and_nothing_else_changed(
    api: Installation, pull: PullRequest, opened: StandInPull, review: Finish
) -> None:
    review(
        pull,
        [repair(5, "a1 = 11"), repair(9, "a5 = 55", rule="b-rule"), repair(1, "b = 2", "b.py")],
    )
    done = commit_fixes(api, pull, "mona")
    assert done.outcome == "committed"
    assert done.sentence == f"3 fixes committed as {done.sha[:7]}."
    assert (opened.head_sha, done.left) == (done.sha, ())
    git = opened.repository.git
    before = git.read(pull.head_sha, "nets/deep/run.py")
    after = before.replace(b"a1 = 1\r\n", b"a1 = 11\r\n").replace(b"a5 = 5\r\n", b"a5 = 55\r\n")
    assert git.read(done.sha, "nets/deep/run.py") == after
    assert git.read(done.sha, "b.py") == b"b = 2"  # still without a line break at its end
    assert git.entry(done.sha, "nets/deep/run.py").mode == EXECUTABLE
    commit = git.show(done.sha)
    assert commit.parents == (pull.head_sha,)
    assert commit.author.name == "faultline[bot]"
    assert commit.message.startswith("Fix a-rule, b-rule\n")
    mona = opened.author
    assert f"Co-authored-by: mona <{mona.id}+mona@users.noreply.github.com>" in commit.message
    assert "Asked for by mona." in commit.message


def test_asking_twice_commits_once(
    api: Installation, pull: PullRequest, github: GitHubStandIn, opened: StandInPull, review: Finish
) -> None:
    review(pull, [repair(5, "a1 = 11")])
    github.faults.fail_next(Failure.LOST_ANSWER, "PATCH", "*/git/refs/*")
    with pytest.raises(Unavailable):
        commit_fixes(api, pull, "mona")
    committed = opened.head_sha
    assert committed != pull.head_sha
    again = commit_fixes(api, read_pull_request(api, pull.repository, pull.number), "mona")
    assert (again.outcome, again.sha) == ("committed", committed)
    assert opened.head_sha == committed


def test_a_branch_that_moved_is_left_alone(
    api: Installation, pull: PullRequest, github: GitHubStandIn, opened: StandInPull, review: Finish
) -> None:
    review(pull, [repair(5, "a1 = 11")])
    github.push("topic", {"c.py": b"c = 1\n"})
    moved = opened.head_sha
    assert commit_fixes(api, pull, "mona").outcome == "moved"
    assert opened.head_sha == moved
    now = read_pull_request(api, pull.repository, pull.number)
    assert "no finished review" in commit_fixes(api, now, "mona").sentence


@pytest.mark.parametrize(("role", "outcome"), [("read", "forbidden"), ("write", "committed")])
def test_only_people_with_write_access(
    api: Installation,
    pull: PullRequest,
    github: GitHubStandIn,
    opened: StandInPull,
    review: Finish,
    role: str,
    outcome: str,
) -> None:
    review(pull, [repair(5, "a1 = 11")])
    github.hub.user("hubot")
    opened.repository.collaborators["hubot"] = role
    assert commit_fixes(api, pull, "hubot").outcome == outcome
    assert commit_fixes(api, pull, "nobody-of-that-name").outcome == "forbidden"


def test_a_fork_without_permission_is_told_clearly(
    api: Installation, github: GitHubStandIn, calls: Calls
) -> None:
    (where,) = github.hub.repositories.values()
    fork = github.fork(where, "stranger")
    github.push("topic", {"b.py": b"b = 1\n"}, repository=fork, by="stranger")
    opened = github.open_pull_request("topic", "F", repository=where, head=fork, by="stranger")
    pull = read_pull_request(api, "octo-org/nets", opened.number)
    assert pull.is_fork
    done = commit_fixes(api, pull, "mona")
    assert done.outcome == "forbidden"
    assert "did not allow edits by maintainers" in done.sentence
    number = posting.ensure_check_run(api, pull, None)
    kept = CheckOutput("failure", "t", "s", hide([repair(1, "b = 2", "b.py")]))
    posting.complete(api, pull.repository, number, kept)
    allowed = commit_fixes(api, replace(pull, is_open_to_maintainers=True), "mona")
    assert allowed.outcome == "forbidden"
    assert "GitHub does not let me write to the branch in the fork" in allowed.sentence
    assert calls("PATCH", "/git/refs/heads/topic") == 0


def test_closed_and_empty_are_told(
    api: Installation, pull: PullRequest, github: GitHubStandIn, opened: StandInPull, review: Finish
) -> None:
    review(pull, [])
    assert "no tried fix" in commit_fixes(api, pull, "mona").sentence
    github.close(opened)
    now = read_pull_request(api, pull.repository, pull.number)
    assert commit_fixes(api, now, "mona").outcome == "closed"


def test_what_cannot_be_applied_is_named(
    api: Installation, pull: PullRequest, review: Finish
) -> None:
    shared = repair(5, "a1 = 12", rule="same-line")
    broken = repair(7, "a3 = (", rule="breaks")
    gone = repair(1, "x", "gone.py", rule="gone")
    review(pull, [repair(5, "a1 = 11"), shared, broken, gone])
    done = commit_fixes(api, pull, "mona")
    assert [one.rule for one in done.applied] == ["a-rule"]
    assert [(one.rule, reason) for one, reason in done.left] == [
        ("same-line", "its edit shares a line with another one"),
        ("breaks", "nets/deep/run.py would be broken"),
        ("gone", "gone.py is no plain file of the head commit"),
    ]


def test_only_tried_edits_that_the_change_brought_are_kept() -> None:
    fix = make_finding().fix
    untried = make_finding(fix=fix.model_copy(update={"verified": None}))
    old = make_finding(introduced=False)
    kept = repairs_of([make_finding(), untried, old, make_finding(fix=None)])
    assert len(kept) == 1


TEXT = st.text(max_size=40)
REPAIRS = st.lists(
    st.builds(
        Repair,
        TEXT,
        TEXT,
        st.integers(1, 9),
        TEXT,
        st.tuples(
            st.builds(
                Edit,
                path=TEXT,
                start_line=st.integers(1, 5),
                end_line=st.integers(5, 9),
                replacement=TEXT | st.just("--> <!-- ]] @octocat ```"),
            )
        ),
    ),
    max_size=4,
)


@given(REPAIRS)
def test_what_is_hidden_is_read_again_and_hides_well(repairs: list[Repair]) -> None:
    text = hide(repairs)
    forged = hide([repair(1, "import os")])
    assert read_repairs(f"before\n{forged}\n`{forged}`\n\n{text or '-'}\n") == tuple(repairs)
    assert text.count("-->") == bool(repairs)
    assert "\n" not in text
    assert "@" not in text


def test_too_large_edits_are_left_to_the_suggestions() -> None:
    kept = read_repairs(hide([repair(1, "x" * LONGEST_KEPT), repair(2, "small")]))
    assert [one.line for one in kept] == [2]


def test_fix_description_is_no_mention(
    api: Installation, pull: PullRequest, opened: StandInPull, review: Finish
) -> None:
    review(pull, [replace(repair(5, "a1 = 11"), description="ask @octocat\nSigned-off-by: x")])
    done = commit_fixes(api, pull, "mona")
    message = opened.repository.git.show(done.sha).message
    assert "@octocat" not in message
    assert "\nSigned-off-by" not in message


@given(
    st.lists(st.sampled_from(["a = 1", "\tb = 2", "# ü"]), min_size=1, max_size=8), st.booleans()
)
def test_other_bytes_stay(lines: list[str], is_crlf: bool) -> None:
    end = "\r\n" if is_crlf else "\n"
    content = end.join(["if True:", *lines]).encode()
    edit = Edit(path="f.txt", start_line=1, end_line=1, replacement="if x:")
    after = edited("f.txt", content, [edit])
    assert after == content.replace(b"if True:", b"if x:")


def test_fix_of_make_finding_is_hidden_in_the_right_form() -> None:
    fix = Fix(description="d", edits=(), verified=True)
    assert read_repairs(hide(repairs_of([make_finding(fix=fix)])))[0].edits == ()


def test_a_file_name_writes_no_trailer() -> None:
    odd = repair(3, "x", path="a\n\nCo-authored-by: boss <boss@example.org>\nb.py")
    message = message_of([odd], Person("mona", 7), "a" * 40)
    assert [line for line in message.splitlines() if line.startswith("Co-authored-by")] == [
        "Co-authored-by: mona <7+mona@users.noreply.github.com>"
    ]
