"""The App itself: its installation, its tokens, its deliveries, its limits."""

from worker.demo.github_standin.bodies import check_members
from worker.demo.github_standin.calls import Answer, Request, operation, page_of, the_repository
from worker.demo.github_standin.hub import Hub, timestamp
from worker.demo.github_standin.payloads import people
from worker.demo.github_standin.payloads.repositories import repository
from worker.demo.github_standin.records import Repository
from worker.demo.github_standin.refusals import Json, Refused, not_found
from worker.demo.github_standin.tokens import allows, find_grant, new_grant


@operation("GET", "/app", needs="app")
def get_app(hub: Hub, _request: Request) -> Answer:
    return Answer(200, people.app(hub))


@operation("POST", "/app-manifests/{code}/conversions", needs="nobody")
def convert_manifest(hub: Hub, request: Request) -> Answer:
    """The end of setting an App up: a code, good once and for an hour, becomes its secrets."""
    until, secrets = hub.conversions.pop(request.parameters["code"], (0.0, {}))
    if until <= hub.clock():
        raise not_found()
    return Answer(201, {**people.app(hub), **secrets})


@operation("GET", "/app/installations", needs="app")
def list_installations(hub: Hub, request: Request) -> Answer:
    return page_of(hub, request, [people.installation(hub)])


@operation("GET", "/app/installations/{installation_id}", needs="app")
def get_installation(hub: Hub, request: Request) -> Answer:
    _known(hub, request)
    return Answer(200, people.installation(hub))


@operation("GET", "/repos/{owner}/{repo}/installation", needs="app")
def get_repository_installation(hub: Hub, request: Request) -> Answer:
    if not the_repository(hub, request).installed:
        raise not_found()
    return Answer(200, people.installation(hub))


def _known(hub: Hub, request: Request) -> None:
    if request.parameters["installation_id"] != str(hub.installation.id):
        raise not_found()


@operation("POST", "/app/installations/{installation_id}/access_tokens", needs="app")
def create_token(hub: Hub, request: Request) -> Answer:
    _known(hub, request)
    if hub.installation.suspended:
        raise Refused(403, "This installation has been suspended")
    body = request.object
    kinds = {"repositories": "array", "repository_ids": "array", "permissions": "object"}
    check_members(body, kinds)
    permissions = body.get("permissions") or dict(hub.installation.permissions)
    _refuse_ungranted(hub, permissions)
    chosen = _chosen(hub, body)
    grant = new_grant(hub, permissions, _ids(chosen))
    answer: Json = {
        "token": grant.token,
        "expires_at": timestamp(grant.expires_at),
        "permissions": permissions,
        "repository_selection": "selected",
    }
    if chosen is not None:
        answer["repositories"] = [repository(hub, one) for one in chosen]
    return Answer(201, answer)


def _refuse_ungranted(hub: Hub, permissions: dict[str, str]) -> None:
    granted = {"metadata": "read", **hub.installation.permissions}
    if not all(allows(granted, f"{name}:{level}") for name, level in permissions.items()):
        raise Refused(422, "The permissions requested are not granted to this installation.")


def _ids(chosen: list[Repository] | None) -> frozenset[int] | None:
    return None if chosen is None else frozenset(one.id for one in chosen)


def _chosen(hub: Hub, body: Json) -> list[Repository] | None:
    """The repositories asked for by name or id; None when the token is for all of them."""
    names, numbers = body.get("repositories"), body.get("repository_ids")
    if not names and not numbers:
        return None
    installed = [one for one in hub.repositories.values() if one.installed]
    chosen = [one for one in installed if one.name in (names or ()) or one.id in (numbers or ())]
    if len(chosen) < len(set(names or ())) + len(set(numbers or ())):
        raise Refused(
            422,
            "There is at least one repository that does not exist or is not accessible to the "
            "parent installation.",
        )
    return chosen


@operation("GET", "/installation/repositories", needs="metadata:read")
def list_repositories(hub: Hub, request: Request) -> Answer:
    grant = find_grant(hub, request.bearer or "")
    installed = [one for one in hub.repositories.values() if one.installed]
    seen = [one for one in installed if grant.repositories is None or one.id in grant.repositories]
    return page_of(hub, request, [repository(hub, one) for one in seen], wrapped="repositories")


@operation("DELETE", "/installation/token", needs="metadata:read")
def revoke_token(hub: Hub, request: Request) -> Answer:
    hub.grants.pop(request.bearer or "", None)
    return Answer(204)


@operation("GET", "/rate_limit", needs="nobody")
def rate_limit(hub: Hub, _request: Request) -> Answer:
    return Answer(200, hub.meter.overview())


@operation("GET", "/app/hook/config", needs="app")
def get_hook_config(hub: Hub, _request: Request) -> Answer:
    """The secret is shown as asterisks."""
    hook = {"content_type": "json", "insecure_ssl": "0", "secret": "********"}
    return Answer(200, {**hook, "url": hub.hook_url()})
