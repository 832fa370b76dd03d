"""Pull requests and the files they change."""

from worker.demo.github_standin.calls import (
    Answer,
    Request,
    operation,
    page_of,
    the_pull,
    the_repository,
)
from worker.demo.github_standin.diffs import ChangedFile
from worker.demo.github_standin.hub import Hub, merge_base, pull_files
from worker.demo.github_standin.payloads import pulls as shapes
from worker.demo.github_standin.payloads.repositories import commit
from worker.demo.github_standin.records import PullRequest, Repository
from worker.demo.github_standin.refusals import Json, Refused, missing_permission
from worker.demo.github_standin.tokens import allows, find_grant

MAX_FILES = 3_000
MAX_DIFF_FILES = 300
MAX_DIFF_LINES = 20_000
_R = "/repos/{owner}/{repo}"


@operation("GET", _R + "/pulls", needs="pull_requests:read")
def list_pulls(hub: Hub, request: Request) -> Answer:
    """Newest first; `state`, `head` (owner:branch) and `base` narrow the list."""
    where = the_repository(hub, request)
    wanted = [one for one in where.pulls.values() if _asked_for(request, one)]
    newest_first = sorted(wanted, key=lambda one: -one.number)
    return page_of(hub, request, [shapes.simple_pull(hub, one) for one in newest_first])


def _asked_for(request: Request, one: PullRequest) -> bool:
    state, base = request.query.get("state", "open"), request.query.get("base")
    head = request.query.get("head", "")
    owner_and_branch = f"{one.head_repository.owner.login}:{one.head_ref}"
    return (
        (state == "all" or state == one.state)
        and (base is None or base == one.base_ref)
        and (":" not in head or head == owner_and_branch)
    )


@operation("GET", _R + "/pulls/{pull_number}", needs="pull_requests:read")
def get_pull(hub: Hub, request: Request) -> Answer:
    one = the_pull(hub, request)
    accept = request.headers.get("accept", "")
    if accept.endswith(".diff"):
        _needs_contents(hub, request)
        return Answer(
            200, _diff(one), {"Content-Type": "application/vnd.github.diff; charset=utf-8"}
        )
    shown = shapes.pull(hub, one)
    one.merge_checked = True  # the first look asks for the trial merge, later ones see it
    return Answer(200, shown)


def _needs_contents(hub: Hub, request: Request) -> None:
    """The diff as text is the repository's content too."""
    if not allows(find_grant(hub, request.bearer or "").permissions, "contents:read"):
        raise missing_permission("contents=read; pull_requests=read")


def _diff(one: PullRequest) -> bytes:
    files = pull_files(one)
    lines = sum(file.additions + file.deletions for file in files)
    if len(files) > MAX_DIFF_FILES or lines > MAX_DIFF_LINES:
        error = {"resource": "PullRequest", "field": "diff", "code": "too_large"}
        raise Refused(406, "Sorry, the diff exceeded the maximum allowed.", [error])
    return one.repository.git.run("diff", "-M", "--no-ext-diff", merge_base(one), one.head_sha)


@operation("GET", _R + "/pulls/{pull_number}/files", needs="pull_requests:read")
def list_files(hub: Hub, request: Request) -> Answer:
    one = the_pull(hub, request)
    files = pull_files(one)[:MAX_FILES]
    return page_of(hub, request, [_file(hub, one, file) for file in files])


def _file(hub: Hub, one: PullRequest, file: ChangedFile) -> Json:
    return shapes.changed_file(hub, one.head_repository, one.head_sha, file)


@operation("GET", _R + "/pulls/{pull_number}/commits", needs="pull_requests:read")
def list_commits(hub: Hub, request: Request) -> Answer:
    one = the_pull(hub, request)
    made = one.repository.git.between(one.base_sha, one.head_sha)[:250]
    return page_of(hub, request, [commit(hub, one.repository, each) for each in made])


@operation("GET", _R + "/commits/{commit_sha}/pulls", needs="pull_requests:read")
def list_pulls_of_commit(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    found = [one for one in where.pulls.values() if _holds(where, one, request)]
    return page_of(hub, request, [shapes.simple_pull(hub, one) for one in found])


def _holds(where: Repository, one: PullRequest, request: Request) -> bool:
    made = where.git.between(one.base_sha, one.head_sha)
    return request.parameters["commit_sha"] in [commit.sha for commit in made]
