"""Drafts and forks: what is reviewed, and what may run."""

from dataclasses import replace
from pathlib import Path

import pytest

from analyzer import Configuration
from analyzer.configuration import ReviewSection
from worker.errors import Moved
from worker.pulls import PullRequest
from worker.queue import PullRequestMessage
from worker.services import Services, open_services
from worker.settings import WorkerSettings
from worker.wanted import check_wanted, is_static

MESSAGE = PullRequestMessage(5, 42, "octo-org/nets", 1, "a" * 40)


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.chdir(tmp_path)
    return open_services(WorkerSettings(faultline_home=tmp_path))


def configured(**wishes: object) -> Configuration:
    return Configuration(review=ReviewSection.model_validate(wishes))


def test_drafts_are_reviewed_when_somebody_asks(shared: Services, pull: PullRequest) -> None:
    draft, usual = replace(pull, is_draft=True), configured()
    with pytest.raises(Moved, match="drafts"):
        check_wanted(shared, MESSAGE, draft, usual)
    with pytest.raises(Moved, match="drafts"):  # another base is no wish
        check_wanted(shared, replace(MESSAGE, again=True), draft, usual)
    check_wanted(shared, replace(MESSAGE, again=True, asked=True), draft, usual)
    check_wanted(shared, MESSAGE, draft, configured(drafts=True))


def test_programs_of_forks_run_when_a_maintainer_allows_it(
    shared: Services, pull: PullRequest
) -> None:
    assert not is_static(shared, pull, configured())
    fork = replace(pull, is_fork=True)
    assert is_static(shared, fork, configured())
    assert not is_static(shared, fork, configured(forks="full"))
    shared.wishes.allow(fork.repository_id, fork.number, fork.head_sha, "mona")
    assert not is_static(shared, fork, configured())
    assert is_static(shared, replace(fork, head_sha="b" * 40), configured())
    assert is_static(shared, replace(fork, number=fork.number + 1), configured())


def test_one_permission_for_the_whole_pull_request(shared: Services, pull: PullRequest) -> None:
    settings = shared.settings.model_copy(update={"faultline_fork_approval": "pull-request"})
    shared = replace(shared, settings=settings)
    fork = replace(pull, is_fork=True)
    assert is_static(shared, fork, configured())
    shared.wishes.allow(fork.repository_id, fork.number, fork.head_sha, "mona")
    assert not is_static(shared, replace(fork, head_sha="b" * 40), configured())


def test_forks_that_are_never_reviewed(shared: Services, pull: PullRequest) -> None:
    fork, never = replace(pull, is_fork=True), configured(forks="never")
    with pytest.raises(Moved, match="forks"):
        check_wanted(shared, MESSAGE, fork, never)
    check_wanted(shared, MESSAGE, pull, never)
    shared.wishes.allow(fork.repository_id, fork.number, fork.head_sha, "mona")
    check_wanted(shared, MESSAGE, fork, never)
