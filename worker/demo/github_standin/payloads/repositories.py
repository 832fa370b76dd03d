"""Repositories and what is in them: contents, blobs, trees, commits."""

import base64
from urllib.parse import quote

from worker.demo.github_standin.git import SYMLINK, Commit, ListedEntry
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.payloads.people import node_id, user
from worker.demo.github_standin.records import Repository
from worker.demo.github_standin.refusals import Json

# GitHub's addresses below a repository's own, as {member: path}.
_BELOW = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_COUNTS = dict.fromkeys(
    [
        "forks",
        "forks_count",
        "open_issues",
        "open_issues_count",
        "stargazers_count",
        "watchers",
        "watchers_count",
        "subscribers_count",
        "network_count",
        "size",
    ],
    0,
)
_FEATURES = {
    "has_issues": True,
    "has_projects": True,
    "has_wiki": True,
    "has_pages": False,
    "has_downloads": True,
    "has_discussions": False,
    "archived": False,
    "disabled": False,
    "allow_forking": True,
    "is_template": False,
    "web_commit_signoff_required": False,
}


def api_url(hub: Hub, repository: Repository) -> str:
    return f"{hub.url}/repos/{repository.full_name}"


def html_url(hub: Hub, repository: Repository) -> str:
    return f"{hub.url}/{repository.full_name}"


def repository(hub: Hub, one: Repository) -> Json:
    api, html = api_url(hub, one), html_url(hub, one)
    return {
        "id": one.id,
        "node_id": node_id("Repository", one.id),
        "name": one.name,
        "full_name": one.full_name,
        "owner": user(hub, one.owner),
        "private": one.private,
        "visibility": "private" if one.private else "public",
        "html_url": html,
        "description": None,
        "fork": one.fork,
        "url": api,
        **{name: api + path for name, path in _BELOW.items()},
        "git_url": f"git:{html.partition(':')[2]}.git",
        "ssh_url": f"git@{html.partition('//')[2]}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        "mirror_url": None,
        "homepage": None,
        "language": "Python",
        "license": None,
        "topics": [],
        "default_branch": one.default_branch,
        "created_at": one.created_at,
        "updated_at": one.pushed_at,
        "pushed_at": one.pushed_at,
        **_COUNTS,
        **_FEATURES,
    }


def contents(hub: Hub, one: Repository, ref: str, entry: ListedEntry) -> Json:
    """One row of `contents`; a file's text is added by `file_contents`."""
    path = quote(entry.path)
    url = f"{api_url(hub, one)}/contents/{path}?ref={quote(ref)}"
    kind = {"tree": "dir", "commit": "submodule"}.get(entry.type, "file")
    kind = "symlink" if entry.mode == SYMLINK else kind
    part = "trees" if kind == "dir" else "blobs"
    git_url = f"{api_url(hub, one)}/git/{part}/{entry.sha}"
    page = f"{html_url(hub, one)}/blob/{quote(ref)}/{path}"
    return {
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": url,
        "html_url": page,
        "git_url": git_url,
        "download_url": f"{html_url(hub, one)}/raw/{quote(ref)}/{path}" if kind == "file" else None,
        "type": kind,
        "_links": {"self": url, "git": git_url, "html": page},
    }


def file_contents(hub: Hub, one: Repository, ref: str, entry: ListedEntry, data: bytes) -> Json:
    """Base64 up to 1 MB; beyond it the content is empty and the encoding `none`."""
    row = contents(hub, one, ref, entry)
    if row["type"] == "symlink":
        return {**row, "target": data.decode(errors="replace")}
    if len(data) > 1_000_000:
        return {**row, "content": "", "encoding": "none"}
    return {**row, "content": base64.encodebytes(data).decode(), "encoding": "base64"}


def blob(hub: Hub, one: Repository, sha: str, data: bytes) -> Json:
    return {
        "sha": sha,
        "node_id": node_id("Blob", one.id),
        "size": len(data),
        "url": f"{api_url(hub, one)}/git/blobs/{sha}",
        "content": base64.encodebytes(data).decode(),
        "encoding": "base64",
    }


def tree(hub: Hub, one: Repository, sha: str, entries: tuple[ListedEntry, ...]) -> Json:
    rows = [_tree_row(hub, one, entry) for entry in entries]
    url = f"{api_url(hub, one)}/git/trees/{sha}"
    return {"sha": sha, "url": url, "tree": rows, "truncated": False}


def _tree_row(hub: Hub, one: Repository, entry: ListedEntry) -> Json:
    part = {"tree": "trees", "commit": "commits"}.get(entry.type, "blobs")
    row: Json = {
        "path": entry.path,
        "mode": entry.mode,
        "type": entry.type,
        "sha": entry.sha,
        "url": f"{api_url(hub, one)}/git/{part}/{entry.sha}",
    }
    return row if entry.size is None else {**row, "size": entry.size}


def commit(hub: Hub, one: Repository, made: Commit) -> Json:
    api, html = api_url(hub, one), html_url(hub, one)
    who = next((user(hub, u) for u in hub.users.values() if u.email == made.author.email), None)
    signature = {"name": made.author.name, "email": made.author.email, "date": made.date}
    return {
        "sha": made.sha,
        "node_id": node_id("Commit", one.id),
        "url": f"{api}/commits/{made.sha}",
        "html_url": f"{html}/commit/{made.sha}",
        "comments_url": f"{api}/commits/{made.sha}/comments",
        "commit": {
            "url": f"{api}/git/commits/{made.sha}",
            "author": signature,
            "committer": signature,
            "message": made.message,
            "comment_count": 0,
            "tree": {"sha": made.tree, "url": f"{api}/git/trees/{made.tree}"},
        },
        "author": who,
        "committer": who,
        "parents": [_parent(api, html, sha) for sha in made.parents],
    }


def _parent(api: str, html: str, sha: str) -> Json:
    return {"sha": sha, "url": f"{api}/commits/{sha}", "html_url": f"{html}/commit/{sha}"}


def git_commit(hub: Hub, one: Repository, made: Commit) -> Json:
    """The commit as git has it, without what GitHub knows of its author."""
    api, html = api_url(hub, one), html_url(hub, one)
    signature = {"name": made.author.name, "email": made.author.email, "date": made.date}
    unsigned = {"verified": False, "reason": "unsigned", "signature": None, "payload": None}
    parents = [_parent(api, html, sha) for sha in made.parents]
    return {
        "sha": made.sha,
        "node_id": node_id("Commit", one.id),
        "url": f"{api}/git/commits/{made.sha}",
        "html_url": f"{html}/commit/{made.sha}",
        "author": signature,
        "committer": signature,
        "message": made.message,
        "tree": {"sha": made.tree, "url": f"{api}/git/trees/{made.tree}"},
        "parents": [{**row, "url": f"{api}/git/commits/{row['sha']}"} for row in parents],
        "verification": {**unsigned, "verified_at": None},
    }


def ref(hub: Hub, one: Repository, name: str, sha: str) -> Json:
    api = api_url(hub, one)
    target = {"type": "commit", "sha": sha, "url": f"{api}/git/commits/{sha}"}
    return {
        "ref": name,
        "node_id": node_id("Ref", one.id),
        "url": f"{api}/git/{name}",
        "object": target,
    }
