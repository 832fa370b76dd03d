import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from analyzer import Edit, Fix
from tests.support.github import assert_described
from tests.support.reports import make_finding, make_report
from worker import posting
from worker.comments import Change, Comment
from worker.demo.github_standin import Failure, GitHubStandIn
from worker.demo.github_standin.records import PullRequest as StandInPull
from worker.errors import Limited, Moved, Unavailable
from worker.github import Installation
from worker.pulls import PullRequest, read_changed_files
from worker.review import Policy, Review, compose
from worker.suggestion import Text
from worker.summary import trouble

Calls = Callable[[str, str], int]


@pytest.fixture(autouse=True)
def _every_exchange_is_valid(github: GitHubStandIn) -> Iterator[None]:
    yield
    assert_described(github)


@pytest.fixture
def review(api: Installation, pull: PullRequest, github: GitHubStandIn) -> Review:
    (repository,) = github.hub.repositories.values()
    text = Text.of(repository.git.read(pull.head_sha, "train.py"))
    edits = (Edit(path="train.py", start_line=30, end_line=30, replacement="line 30"),)
    fix = Fix(description="write a number", edits=edits, verified=True)
    report = make_report(make_finding(line=30, end_line=30, fix=fix))
    change = Change(read_changed_files(api, pull), {"train.py": text})
    return compose(report, change, Policy(), pull.head_sha)


def test_a_review_that_a_person_can_accept(
    api: Installation, pull: PullRequest, review: Review, github: GitHubStandIn, opened: StandInPull
) -> None:
    number = posting.post_review(api, pull, review)
    ((posted, comments),) = github.reviews(opened)
    assert posted.id == number
    assert posted.commit_id == pull.head_sha
    assert posted.state == "COMMENTED"
    assert [(comment.path, comment.line) for comment in comments] == [("train.py", 30)]
    head = github.accept_suggestions(opened)
    content = opened.repository.git.read(head, "train.py")
    assert content == b"".join(b"line %d\n" % number for number in range(1, 61))


def test_posting_twice_posts_once(
    api: Installation, pull: PullRequest, review: Review, github: GitHubStandIn, opened: StandInPull
) -> None:
    assert posting.post_review(api, pull, review) == posting.post_review(api, pull, review)
    assert len(github.reviews(opened)) == 1


def test_a_lost_answer_posts_once(
    api: Installation, pull: PullRequest, review: Review, github: GitHubStandIn, opened: StandInPull
) -> None:
    github.faults.fail_next(Failure.LOST_ANSWER, "POST", "*/reviews")
    assert posting.post_review(api, pull, review) is not None
    assert len(github.reviews(opened)) == 1


def test_an_outage_is_waited_out_for_a_while(
    api: Installation, pull: PullRequest, review: Review, github: GitHubStandIn, opened: StandInPull
) -> None:
    github.faults.fail_next(Failure.BEFORE, "POST", "*/reviews", times=posting.TRIES)
    with pytest.raises(Unavailable):
        posting.post_review(api, pull, review)
    assert github.reviews(opened) == []
    github.faults.fail_next(Failure.BEFORE, "POST", "*/reviews", times=posting.TRIES - 1)
    assert posting.post_review(api, pull, review) is not None
    assert len(github.reviews(opened)) == 1


def test_a_burst_limit_is_no_refusal_of_lines(
    api: Installation, pull: PullRequest, review: Review, github: GitHubStandIn, opened: StandInPull
) -> None:
    github.faults.fail_next(Failure.TOO_QUICK, "POST", "*/reviews")
    with pytest.raises(Limited):
        posting.post_review(api, pull, review)
    assert github.reviews(opened) == []


def test_a_copied_marker_silences_nobody(
    api: Installation, pull: PullRequest, review: Review, github: GitHubStandIn, opened: StandInPull
) -> None:
    posting.post_review(api, pull, review)
    ((ours, _),) = github.reviews(opened)
    ours.user = github.main_user  # as if a person had written it
    posting.post_review(api, pull, review)
    assert len(github.reviews(opened)) == 2


def test_refused_lines_go_into_the_body(
    api: Installation, pull: PullRequest, review: Review, github: GitHubStandIn, opened: StandInPull
) -> None:
    outside = Comment("train.py", 5, 5, review.comments[0].body)
    posting.post_review(api, pull, replace(review, comments=(*review.comments, outside)))
    ((posted, comments),) = github.reviews(opened)
    assert comments == []
    assert "`train.py:30`" in posted.body
    assert re.search(r"```python\nline 30\n```", posted.body)
    assert "```suggestion" not in posted.body


def test_a_force_push_meanwhile(
    api: Installation, pull: PullRequest, review: Review, github: GitHubStandIn
) -> None:
    github.push("topic", {"train.py": b"other\n"}, onto="main")
    with pytest.raises(Moved, match="force-pushed"):
        posting.post_review(api, pull, review)


def test_nothing_to_say_asks_nothing(
    api: Installation, pull: PullRequest, review: Review, calls: Calls
) -> None:
    assert posting.post_review(api, pull, replace(review, body=None, comments=())) is None
    assert calls("GET", "/reviews") == 0


def test_check_run_from_queued_to_completed(
    api: Installation, pull: PullRequest, review: Review, github: GitHubStandIn, opened: StandInPull
) -> None:
    number = posting.ensure_check_run(api, pull, None)
    (run,) = github.check_runs(opened)
    assert (run.id, run.status, run.name) == (number, "queued", "Faultline")
    posting.show_progress(api, pull.repository, number, "Looking", "- `train.py`")
    assert run.status == "in_progress"
    posting.complete(api, pull.repository, number, review.check)
    assert (run.status, run.conclusion) == ("completed", "failure")
    posting.complete(api, pull.repository, number, trouble("Sorry", "GitHub was away"))
    assert run.conclusion == "neutral"


def test_check_run_is_made_once(
    api: Installation, pull: PullRequest, github: GitHubStandIn, opened: StandInPull, calls: Calls
) -> None:
    github.faults.fail_next(Failure.LOST_ANSWER, "POST", "*/check-runs")
    with pytest.raises(Unavailable):
        posting.ensure_check_run(api, pull, None)
    number = posting.ensure_check_run(api, pull, None)
    assert posting.ensure_check_run(api, pull, None) == number
    assert posting.ensure_check_run(api, pull, number) == number
    assert len(github.check_runs(opened)) == 1
    assert calls("POST", "/check-runs") == 1


def test_two_pull_requests_of_one_commit_have_a_check_run_each(
    api: Installation, pull: PullRequest
) -> None:
    other = replace(pull, number=99)
    assert posting.ensure_check_run(api, pull, None) != posting.ensure_check_run(api, other, None)
