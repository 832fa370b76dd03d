"""Users, the App and its installation."""

import base64

from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.records import User
from worker.demo.github_standin.refusals import Json

_CREATED = "2026-01-05T09:00:00Z"


def node_id(kind: str, number: int) -> str:
    """A GraphQL id: opaque to clients, `Kind:number` inside."""
    return base64.urlsafe_b64encode(f"{kind}:{number}".encode()).decode().rstrip("=")


def read_node_id(node: str) -> tuple[str, int] | None:
    try:
        kind, _, number = (
            base64.urlsafe_b64decode(node + "=" * (-len(node) % 4)).decode().partition(":")
        )
        return kind, int(number)
    except ValueError:
        return None


def user(hub: Hub, who: User) -> Json:
    api = f"{hub.url}/users/{who.login}"
    return {
        "login": who.login,
        "id": who.id,
        "node_id": node_id(who.type, who.id),
        "avatar_url": f"{hub.url}/avatars/{who.id}",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{hub.url}/{who.login}",
        "followers_url": f"{api}/followers",
        "following_url": f"{api}/following{{/other_user}}",
        "gists_url": f"{api}/gists{{/gist_id}}",
        "starred_url": f"{api}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{api}/subscriptions",
        "organizations_url": f"{api}/orgs",
        "repos_url": f"{api}/repos",
        "events_url": f"{api}/events{{/privacy}}",
        "received_events_url": f"{api}/received_events",
        "type": who.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def app(hub: Hub) -> Json:
    one = hub.app
    return {
        "id": one.id,
        "client_id": one.client_id,
        "slug": one.slug,
        "node_id": node_id("App", one.id),
        "owner": user(hub, one.owner),
        "name": one.slug.capitalize(),
        "description": "",
        "external_url": f"{hub.url}/{one.slug}",
        "html_url": f"{hub.url}/apps/{one.slug}",
        "created_at": _CREATED,
        "updated_at": _CREATED,
        "permissions": dict(one.permissions),
        "events": list(one.events),
        "installations_count": 1,
    }


def installation(hub: Hub) -> Json:
    one = hub.installation
    api = f"{hub.url}/app/installations/{one.id}"
    return {
        "id": one.id,
        "account": user(hub, one.account),
        "repository_selection": "selected",
        "access_tokens_url": f"{api}/access_tokens",
        "repositories_url": f"{hub.url}/installation/repositories",
        "html_url": f"{hub.url}/settings/installations/{one.id}",
        "app_id": hub.app.id,
        "app_slug": hub.app.slug,
        "target_id": one.account.id,
        "target_type": one.account.type,
        "permissions": dict(one.permissions),
        "events": list(hub.app.events),
        "created_at": _CREATED,
        "updated_at": _CREATED,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": user(hub, one.account) if one.suspended else None,
        "suspended_at": _CREATED if one.suspended else None,
    }


def simple_installation(hub: Hub) -> Json:
    """What ordinary webhooks say of the installation."""
    return {"id": hub.installation.id, "node_id": node_id("Installation", hub.installation.id)}


def association(owner: User, who: User) -> str:
    """How somebody stands to a repository, in GitHub's word."""
    if who == owner:
        return "OWNER"
    return "NONE" if who.type == "Bot" else "CONTRIBUTOR"
