"""Writing to a repository by git's own objects, as an App commits: blob, tree, commit, ref."""

import base64
import binascii

from worker.demo.github_standin.acts import after_push
from worker.demo.github_standin.bodies import check_members
from worker.demo.github_standin.calls import Answer, Request, caller, operation, the_repository
from worker.demo.github_standin.git import GitError, ListedEntry
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.payloads import repositories as shapes
from worker.demo.github_standin.records import Repository
from worker.demo.github_standin.refusals import Json, Refused, not_found

_R = "/repos/{owner}/{repo}"
_ENTRY = {
    "path": "string",
    "mode": "string",
    "type": "string",
    "sha": "string",
    "content": "string",
}


@operation("POST", _R + "/git/blobs", needs="contents:write")
def create_blob(hub: Hub, request: Request) -> Answer:
    where, body = the_repository(hub, request), request.object
    check_members(body, {"content": "string", "encoding": "string"}, required=("content",))
    try:
        is_base64 = body.get("encoding") == "base64"
        data = base64.b64decode(body["content"]) if is_base64 else body["content"].encode()
    except binascii.Error:
        raise Refused(422, "content is not valid Base64") from None
    sha = where.git.store(data)
    return Answer(201, {"url": f"{shapes.api_url(hub, where)}/git/blobs/{sha}", "sha": sha})


@operation("POST", _R + "/git/trees", needs="contents:write")
def create_tree(hub: Hub, request: Request) -> Answer:
    """`base_tree` with the entries put over it; a null `sha` removes a path."""
    where, body = the_repository(hub, request), request.object
    check_members(body, {"tree": "array", "base_tree": "string"}, required=("tree",))
    entries = [_entry(where, one) for one in body["tree"]]
    try:
        tree = where.git.write_tree(body.get("base_tree"), entries)
    except GitError:
        raise Refused(422, "GitRPC::BadObjectState") from None
    return Answer(201, shapes.tree(hub, where, tree, where.git.tree(tree)))


def _entry(where: Repository, one: Json) -> ListedEntry:
    check_members(one, _ENTRY, required=("path",))
    sha = one.get("sha")
    if one.get("content") is not None:
        sha = where.git.store(one["content"].encode())
    if sha is None:  # git's own way to say: gone
        return ListedEntry(one["path"], "0", "blob", "0" * 40, None)
    return ListedEntry(one["path"], one.get("mode", "100644"), one.get("type", "blob"), sha, None)


@operation("POST", _R + "/git/commits", needs="contents:write")
def create_commit(hub: Hub, request: Request) -> Answer:
    where, body = the_repository(hub, request), request.object
    kinds = {"message": "string", "tree": "string", "parents": "array"}
    check_members(body, kinds, required=("message", "tree"))
    if where.git.type_of(body["tree"]) != "tree":
        raise Refused(422, "Tree SHA does not exist")
    parents = body.get("parents") or []
    if not all(where.git.type_of(parent) == "commit" for parent in parents):
        raise Refused(422, "Parent SHA does not exist or is not a commit object")
    sha = where.git.write_commit(body["tree"], parents, body["message"], caller(hub).person)
    return Answer(201, shapes.git_commit(hub, where, where.git.show(sha)))


@operation("GET", _R + "/git/commits/{commit_sha}", needs="contents:read")
def get_commit(hub: Hub, request: Request) -> Answer:
    where, sha = the_repository(hub, request), request.parameters["commit_sha"]
    if where.git.type_of(sha) != "commit":
        raise not_found()
    return Answer(200, shapes.git_commit(hub, where, where.git.show(sha)))


@operation("GET", _R + "/git/ref/{ref}", needs="contents:read")
def get_ref(hub: Hub, request: Request) -> Answer:
    where, ref = the_repository(hub, request), request.parameters["ref"]
    sha = where.git.resolve(f"refs/{ref}")
    if sha is None:
        raise not_found()
    return Answer(200, shapes.ref(hub, where, f"refs/{ref}", sha))


@operation("PATCH", _R + "/git/refs/{ref}", needs="contents:write")
def update_ref(hub: Hub, request: Request) -> Answer:
    """Moves a branch; without `force` only forwards."""
    where, name, body = the_repository(hub, request), request.parameters["ref"], request.object
    check_members(body, {"sha": "string", "force": "boolean"}, required=("sha",))
    before = where.git.resolve(f"refs/{name}")
    if before is None or not name.startswith("heads/"):
        raise Refused(422, "Reference does not exist")
    if where.git.type_of(body["sha"]) != "commit":
        raise Refused(422, "Object does not exist")
    if where.git.merge_base(before, body["sha"]) != before and not body.get("force"):
        raise Refused(422, "Update is not a fast forward")
    where.git.point(f"refs/{name}", body["sha"])
    after_push(hub, where, name.removeprefix("heads/"), before, body["sha"], caller(hub))
    return Answer(200, shapes.ref(hub, where, f"refs/{name}", body["sha"]))
