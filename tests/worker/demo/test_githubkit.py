"""The client that the worker uses, githubkit, understands the stand-in's answers."""

import pytest
from githubkit import GitHub
from githubkit.auth import AppAuthStrategy
from githubkit.exception import RequestFailed

from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.records import PullRequest

AT = ("octo-org", "digits")


@pytest.fixture
def client(standin: GitHubStandIn, pull: PullRequest) -> GitHub[object]:
    assert pull.number == 1
    strategy = AppAuthStrategy(standin.app_id, standin.private_key)
    made = GitHub(strategy, base_url=standin.url, auto_retry=False)
    return made.with_auth(made.auth.as_installation(standin.installation_id))


def test_typed_answers(client: GitHub[object], pull: PullRequest) -> None:
    shown = client.rest.pulls.get(*AT, pull.number).parsed_data
    assert shown.head.sha == pull.head_sha
    pages = client.rest.paginate(client.rest.pulls.list_files, None, *AT, pull.number, per_page=2)
    assert len(list(pages)) == 5
    review = client.rest.pulls.create_review(
        *AT,
        pull.number,
        commit_id=pull.head_sha,
        event="COMMENT",
        body="Hm.",
        comments=[{"path": "train.py", "line": 5, "side": "RIGHT", "body": "Why?"}],
    ).parsed_data
    assert review.user is not None
    assert review.user.login == "faultline[bot]"
    run = client.rest.checks.create(*AT, name="Faultline", head_sha=pull.head_sha).parsed_data
    done = client.rest.checks.update(
        *AT, run.id, conclusion="neutral", output={"title": "t", "summary": "s"}
    ).parsed_data
    assert done.status == "completed"
    assert client.rest.repos.get(*AT).parsed_data.default_branch == "main"
    archive = client.rest.repos.download_tarball_archive(*AT, pull.head_sha)
    assert archive.content[:2] == b"\x1f\x8b"


def test_refusals_carry_their_text(client: GitHub[object], pull: PullRequest) -> None:
    comment = {"path": "train.py", "line": 15, "body": "Why?"}
    with pytest.raises(RequestFailed) as refused:
        client.rest.pulls.create_review(
            *AT, pull.number, event="COMMENT", body="Hm.", comments=[comment]
        )
    assert refused.value.response.status_code == 422
    assert "Line could not be resolved" in refused.value.response.text
