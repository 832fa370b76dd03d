"""Commands in comments, from GitHub's webhook to its API, with a stand-in for GitHub."""

from collections.abc import Callable

import pytest

from tests.support.github import as_installation
from worker.demo.github_standin import Failure, GitHubStandIn
from worker.demo.github_standin.records import IssueComment, PullRequest, ReviewComment
from worker.errands.comments import HELP
from worker.queue import PLAN_REVIEW, PullRequestMessage
from worker.services import Services
from worker.store import NewRun
from worker.store.tables import deliveries
from worker.told import Earlier, mark

Work = Callable[[], None]


def faces(comment: IssueComment | ReviewComment) -> list[str]:
    return [reaction.content for reaction in comment.reactions]


def replies(pull: PullRequest) -> list[str]:
    comments = pull.repository.issue_comments.values()
    return [one.body for one in comments if one.user.type == "Bot"]


def asked(shared: Services) -> list[PullRequestMessage]:
    """The reviews that were asked for; every errand of these tests is done twice."""
    table = deliveries
    with shared.inbox._database.read() as connection:
        rows = connection.execute(table.select().where(table.c.task == PLAN_REVIEW)).all()
    return list(dict.fromkeys(PullRequestMessage.from_json(row.message) for row in rows))


def planned(shared: Services, pull: PullRequest, state: str = "done") -> int:
    """The run of the present head."""
    where = pull.repository
    new = NewRun(where.id, where.full_name, pull.number, pull.head_sha, pull.title, where.private)
    run = shared.runs.open(new)
    shared.runs.finished(run.id, state, "neutral", "", "")
    return run.id


def test_run_asks_for_another_review(
    github: GitHubStandIn, opened: PullRequest, shared: Services, work: Work
) -> None:
    planned(shared, opened)
    comment = github.comment(opened, "Once more:\n\n/faultline run")
    work()
    assert faces(comment) == ["eyes", "+1"]
    assert replies(opened) == []
    where = opened.repository
    message = PullRequestMessage(
        github.installation_id, where.id, where.full_name, opened.number, opened.head_sha, True
    )
    assert [(one.number, one.head_sha, one.again) for one in asked(shared)] == [
        (message.number, message.head_sha, True)
    ]


def test_a_running_review_is_not_begun_anew(
    github: GitHubStandIn, opened: PullRequest, shared: Services, work: Work
) -> None:
    planned(shared, opened, "running")
    comment = github.comment(opened, "/faultline run")
    work()
    assert faces(comment) == ["eyes", "+1"]
    assert asked(shared) == []


@pytest.mark.parametrize("role", ["read", "triage", ""])
def test_people_without_write_access_are_not_obeyed(
    github: GitHubStandIn, opened: PullRequest, shared: Services, work: Work, role: str
) -> None:
    opened.repository.collaborators["stranger"] = role
    comment = github.comment(opened, "/faultline run\n/faultline explain FL001", by="stranger")
    work()
    assert faces(comment) == ["eyes", "confused"]
    assert replies(opened) == []
    assert asked(shared) == []


@pytest.mark.parametrize("role", ["write", "maintain", "admin"])
def test_people_with_write_access_are_obeyed(
    github: GitHubStandIn, opened: PullRequest, shared: Services, work: Work, role: str
) -> None:
    opened.repository.collaborators["lead"] = role
    comment = github.comment(opened, "/faultline run", by="lead")
    work()
    assert faces(comment) == ["eyes", "+1"]
    assert len(asked(shared)) == 1


def test_help(github: GitHubStandIn, opened: PullRequest, work: Work) -> None:
    comment = github.comment(opened, "/faultline help")
    work()
    assert faces(comment) == ["eyes", "+1"]
    (reply,) = replies(opened)
    assert reply.startswith(HELP)


def test_our_own_help_is_not_obeyed(github: GitHubStandIn, opened: PullRequest, work: Work) -> None:
    github.comment(opened, "/faultline help")
    work()
    exchanged = len(github.exchanges)
    work()  # now the webhook of our own reply
    assert len(github.exchanges) == exchanged


def test_explain_shows_the_page(github: GitHubStandIn, opened: PullRequest, work: Work) -> None:
    from analyzer.rules.registry import all_rules

    rule = all_rules()[0]
    github.comment(opened, f"/faultline explain {rule.name}\n/faultline explain {rule.code}")
    work()
    (reply,) = replies(opened)
    assert f"`{rule.name}`" in reply
    assert reply.count("## What it finds") == 1, "a page is shown once"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/faultline explain no-such-rule", "There is no rule `no-such-rule`"),
        ("/faultline explain", "Which rule?"),
        ("/faultline ignore", "Which rule?"),
        ("/faultline ignore <script>@mona", "There is no rule `<script>@mona`"),
        ("/faultline dance", "There is no command `dance`"),
    ],
)
def test_what_is_not_understood_is_told(
    github: GitHubStandIn, opened: PullRequest, work: Work, text: str, said: str
) -> None:
    comment = github.comment(opened, text)
    work()
    assert faces(comment) == ["eyes", "confused"]
    (reply,) = replies(opened)
    assert reply.startswith(said)


def test_ignore_is_remembered_for_this_pull_request(
    github: GitHubStandIn, opened: PullRequest, shared: Services, work: Work
) -> None:
    from analyzer.rules.registry import all_rules

    rule = all_rules()[0]
    comment = github.comment(opened, f"/faultline ignore {rule.code.lower()}")
    work()
    assert faces(comment) == ["eyes", "+1"]
    (ignored,) = shared.wishes.ignored(opened.repository.id, opened.number)
    assert (ignored.rule, ignored.fingerprint, ignored.login) == (rule.name, "", "mona")
    assert shared.wishes.ignored(opened.repository.id, opened.number + 1) == ()
    assert [one.again for one in asked(shared)] == [True]


def told(github: GitHubStandIn, pull: PullRequest, by_us: bool = True) -> ReviewComment:
    """A review comment with the mark that ours carry."""
    mine = Earlier("f00d", "some-rule", "train.py", 30, "It is wrong.")
    body = f"Wrong.\n\n{mark([mine])}"
    client = as_installation(github)
    fields = {"body": body, "path": "train.py", "line": 30, "side": "RIGHT"}
    path = f"/repos/{pull.repository.full_name}/pulls/{pull.number}/comments"
    made = client.post(path, {**fields, "commit_id": pull.head_sha})
    assert made.status_code == 201, made.text
    comment = pull.comment(made.json()["id"])
    assert comment is not None
    if not by_us:
        comment.user = github.main_user
    return comment


def test_ignore_in_a_thread_is_about_its_finding(
    github: GitHubStandIn, opened: PullRequest, shared: Services, work: Work
) -> None:
    top = told(github, opened)
    answer = github.reply(opened, top, "That is on purpose.\n\n/faultline ignore")
    work()
    found = shared.wishes.ignored(opened.repository.id, opened.number)
    assert [(one.rule, one.fingerprint) for one in found] == [("some-rule", "f00d")]
    assert faces(answer) == ["eyes", "+1"]


def test_ignore_in_somebody_elses_thread_asks_which_rule(
    github: GitHubStandIn, opened: PullRequest, shared: Services, work: Work
) -> None:
    top = told(github, opened, by_us=False)
    answer = github.reply(opened, top, "/faultline ignore")
    work()
    assert shared.wishes.ignored(opened.repository.id, opened.number) == ()
    assert faces(answer) == ["eyes", "confused"]
    below = [one for one in opened.comments if one.in_reply_to == top.id]
    assert [one.user.type for one in below] == ["User", "Bot"]
    assert replies(opened) == []


def test_a_closed_pull_request_is_not_run(
    github: GitHubStandIn, opened: PullRequest, shared: Services, work: Work
) -> None:
    github.close(opened)
    comment = github.comment(opened, "/faultline run")
    work()
    assert faces(comment) == ["eyes", "confused"]
    assert asked(shared) == []


def test_an_interrupted_errand_is_taken_up(
    github: GitHubStandIn, opened: PullRequest, shared: Services, work: Work
) -> None:
    comment = github.comment(opened, "/faultline help")
    github.faults.fail_next(Failure.LOST_ANSWER, "POST", "*/issues/*/comments")
    work()  # the first time the reply stands although its answer was lost
    assert len(replies(opened)) == 1
    assert faces(comment) == ["eyes", "+1"]
    assert shared.inbox.counts()["done"] >= 1


def test_a_clear_no_is_regretted(
    github: GitHubStandIn, opened: PullRequest, shared: Services, work: Work
) -> None:
    comment = github.comment(opened, "/faultline help")
    github.hub.installation.permissions["pull_requests"] = "read"
    github.hub.installation.permissions["issues"] = "read"
    work()
    assert faces(comment) == []
    assert shared.inbox.counts() == {"failed": 2}


class TestForks:
    @pytest.fixture
    def pull(self, github: GitHubStandIn, opened: PullRequest) -> PullRequest:
        fork = github.fork(opened.repository, "stranger")
        github.push("theirs", {"train.py": b"print()\n"}, repository=fork, by="stranger")
        return github.open_pull_request(
            "theirs", "Mine", repository=opened.repository, head=fork, by="stranger"
        )

    def allowed(self, shared: Services, pull: PullRequest) -> bool:
        return shared.wishes.is_allowed(pull.repository.id, pull.number, pull.head_sha)

    def test_a_maintainer_allows_this_commit(
        self, github: GitHubStandIn, pull: PullRequest, shared: Services, work: Work
    ) -> None:
        planned(shared, pull)
        github.comment(pull, "/faultline run")
        work()
        assert self.allowed(shared, pull)
        assert [one.number for one in asked(shared)] == [pull.number]
        github.push("theirs", {"train.py": b"1\n"}, repository=pull.head_repository, by="stranger")
        assert not self.allowed(shared, pull), "a new push needs it again"

    def test_the_author_cannot(
        self, github: GitHubStandIn, pull: PullRequest, shared: Services, work: Work
    ) -> None:
        planned(shared, pull)
        github.comment(pull, "/faultline run", by="stranger")
        work()
        assert not self.allowed(shared, pull)
        assert asked(shared) == []

    def test_a_commit_that_came_after_the_comment_is_not_run(
        self, github: GitHubStandIn, pull: PullRequest, shared: Services, work: Work
    ) -> None:
        planned(shared, pull)
        comment = github.comment(pull, "/faultline run")
        github.push("theirs", {"train.py": b"1\n"}, repository=pull.head_repository, by="stranger")
        work()
        assert not self.allowed(shared, pull)
        assert faces(comment) == ["eyes", "confused"]
        assert f"/faultline run {pull.head_sha[:12]}" in replies(pull)[0]
        github.comment(pull, f"/faultline run {pull.head_sha[:12]}")
        work()
        assert self.allowed(shared, pull)

    def test_a_comment_whose_delivery_comes_late_is_as_old_as_it_is(
        self, github: GitHubStandIn, pull: PullRequest, shared: Services, work: Work
    ) -> None:
        """Sent again hours later, it must not allow what was pushed and seen in between."""
        planned(shared, pull)
        comment = github.comment(pull, "/faultline run")
        lost = github.deliveries[-1]
        assert lost.event == "issue_comment"
        lost.payload["comment"]["created_at"] = "2026-01-01T12:00:00Z"
        work()
        assert not self.allowed(shared, pull)
        assert faces(comment) == ["eyes", "confused"]

    @pytest.mark.parametrize("named", ["abcdef1234", "", "x"])
    def test_only_the_head_commit_can_be_named(
        self, github: GitHubStandIn, pull: PullRequest, shared: Services, work: Work, named: str
    ) -> None:
        wrong = named or pull.head_sha[:6]  # too short to be sure
        comment = github.comment(pull, f"/faultline run {wrong}")
        work()
        assert not self.allowed(shared, pull)
        assert faces(comment) == ["eyes", "confused"]
