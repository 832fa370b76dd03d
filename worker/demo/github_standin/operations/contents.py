"""Reading a repository: itself, its files, archives, blobs, trees, commits, comparisons."""

import secrets
from urllib.parse import quote

from worker.demo.github_standin.calls import Answer, Request, operation, page_of, the_repository
from worker.demo.github_standin.diffs import changed_files
from worker.demo.github_standin.git import ListedEntry
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.payloads import repositories as shapes
from worker.demo.github_standin.payloads.pulls import changed_file
from worker.demo.github_standin.records import Repository
from worker.demo.github_standin.refusals import Json, Refused, not_found, unprocessable

TICKET_LIFETIME = 300.0  # of an archive's address, seconds
MAX_COMPARED_FILES = 300
MAX_DIRECTORY_ENTRIES = 1_000
_R = "/repos/{owner}/{repo}"


@operation("GET", _R, needs="metadata:read")
def get_repository(hub: Hub, request: Request) -> Answer:
    return Answer(200, shapes.repository(hub, the_repository(hub, request)))


@operation("GET", _R + "/contents/{path}", needs="contents:read")
def get_contents(hub: Hub, request: Request) -> Answer:
    where, path = the_repository(hub, request), request.parameters["path"].strip("/")
    ref, commit = _ref(where, request.query.get("ref"))
    entry = where.git.entry(commit, path)
    if entry is None:
        raise not_found()
    if entry.type == "tree":
        return _listing(hub, where, ref, entry.sha, path)
    if entry.type == "commit":
        return Answer(200, shapes.contents(hub, where, ref, entry))
    data = where.git.blob(entry.sha)
    if "raw" in request.headers.get("accept", ""):
        return Answer(200, data)
    return Answer(200, shapes.file_contents(hub, where, ref, entry, data))


@operation("GET", _R + "/contents/", needs="contents:read")
@operation("GET", _R + "/contents", needs="contents:read")
def get_root(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    ref, commit = _ref(where, request.query.get("ref"))
    return _listing(hub, where, ref, commit, "")


def _listing(hub: Hub, where: Repository, ref: str, treeish: str, path: str) -> Answer:
    rows = where.git.tree(treeish)[:MAX_DIRECTORY_ENTRIES]
    placed = [one if not path else _below(path, one) for one in rows]
    return Answer(200, [shapes.contents(hub, where, ref, one) for one in placed])


def _below(folder: str, entry: ListedEntry) -> ListedEntry:
    path = f"{folder}/{entry.path}"
    return ListedEntry(path, entry.mode, entry.type, entry.sha, entry.size)


def _ref(where: Repository, asked: str | None) -> tuple[str, str]:
    ref = asked or where.default_branch
    commit = where.git.resolve(ref)
    if commit is None:
        raise Refused(404, f"No commit found for the ref {ref}")
    return ref, commit


@operation("GET", _R + "/tarball/{ref}", needs="contents:read")
@operation("GET", _R + "/tarball", needs="contents:read")
def get_tarball(hub: Hub, request: Request) -> Answer:
    """A redirect to another host, with a ticket in place of the token."""
    where, asked = the_repository(hub, request), request.parameters.get("ref")
    commit = where.git.resolve(asked or where.default_branch)
    if commit is None:
        raise not_found()
    ticket = secrets.token_urlsafe(24)
    hub.tickets[ticket] = (hub.clock() + TICKET_LIFETIME, where.full_name.lower(), commit)
    path = f"{where.full_name}/legacy.tar.gz/{quote(asked or where.default_branch)}"
    return Answer(302, None, {"Location": f"{hub.archive_url}/{path}?token={ticket}"})


def archive_for(hub: Hub, ticket: str, full_name: str) -> bytes | None:
    """The archive that a ticket stands for; None for a wrong or old ticket."""
    until, owner_and_name, commit = hub.tickets.get(ticket, (0.0, "", ""))
    if until <= hub.clock() or owner_and_name != full_name.lower():
        return None
    where = hub.repositories[owner_and_name]
    return where.git.archive(commit, f"{where.full_name.replace('/', '-')}-{commit[:7]}")


@operation("GET", _R + "/git/blobs/{file_sha}", needs="contents:read")
def get_blob(hub: Hub, request: Request) -> Answer:
    where, sha = the_repository(hub, request), request.parameters["file_sha"]
    if len(sha) != 40:
        raise Refused(
            422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f]."
        )
    if where.git.type_of(sha) != "blob":
        raise not_found()
    return Answer(200, shapes.blob(hub, where, sha, where.git.blob(sha)))


@operation("GET", _R + "/git/trees/{tree_sha}", needs="contents:read")
def get_tree(hub: Hub, request: Request) -> Answer:
    """Takes a tree, a commit or a branch; any value of `recursive` at all means recursive."""
    where, asked = the_repository(hub, request), request.parameters["tree_sha"]
    treeish = where.git.resolve(asked) or asked
    if where.git.type_of(treeish) not in ("tree", "commit"):
        raise not_found()
    tree = where.git.text("rev-parse", f"{treeish}^{{tree}}")
    entries = where.git.tree(tree, recursive="recursive" in request.query)
    return Answer(200, shapes.tree(hub, where, tree, entries))


@operation("GET", _R + "/commits/{ref}", needs="contents:read")
def get_commit(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    sha = where.git.resolve(request.parameters["ref"])
    if sha is None:
        raise unprocessable(f"No commit found for SHA: {request.parameters['ref']}")
    return Answer(200, shapes.commit(hub, where, where.git.show(sha)))


@operation("GET", _R + "/compare/{basehead}", needs="contents:read")
def compare(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    base_name, dots, head_name = request.parameters["basehead"].partition("...")
    base, head = where.git.resolve(base_name), where.git.resolve(head_name)
    if not dots or base is None or head is None:
        raise not_found()
    fork_point = where.git.merge_base(base, head)
    if fork_point is None:
        raise Refused(404, f"No common ancestor between {base_name} and {head_name}.")
    return Answer(200, _comparison(hub, request, where, (base, head, fork_point)))


def _comparison(hub: Hub, request: Request, where: Repository, ends: tuple[str, str, str]) -> Json:
    """Three-dot: what `head` did since it left `base`."""
    base, head, fork_point = ends
    commits = [shapes.commit(hub, where, one) for one in where.git.between(base, head)]
    ahead, behind = len(commits), len(where.git.between(head, base))
    status = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
    html = f"{shapes.html_url(hub, where)}/compare/{base}...{head}"
    files = changed_files(where.git, fork_point, head)[:MAX_COMPARED_FILES]
    return {
        "url": f"{shapes.api_url(hub, where)}/compare/{request.parameters['basehead']}",
        "html_url": html,
        "permalink_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "base_commit": shapes.commit(hub, where, where.git.show(base)),
        "merge_base_commit": shapes.commit(hub, where, where.git.show(fork_point)),
        "status": status.get((ahead > 0, behind > 0), "identical"),
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": page_of(hub, request, commits).body,
        "files": [changed_file(hub, where, head, file) for file in files],
    }
