"""What GitHub says about the App, each thing with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from analyzer.health import Check
from worker.errors import GitHubError, Refused
from worker.github import AppIdentity, call_as_app
from worker.registration import EVENTS, Wanted, lacking, needless, reduced

HOOK_PATH = "/webhooks/github"
LATEST = 50  # deliveries that are looked at
_CLOCK_WORDS = ("'exp'", "'iat'", "'Expiration time'", "'Issued at'")

Json = Mapping[str, Any]


def check_app(identity: AppIdentity) -> Iterator[Check]:
    """Credentials, permissions, events, webhook, installations, latest deliveries."""
    try:
        app = _ask(identity, "/app")
    except (GitHubError, ValueError) as error:
        yield Check("github", False, f"{identity.api_url}: {error}", _remedy(error))
        return
    yield Check("github", True, f"{identity.api_url} knows the App {app.get('slug', '?')}")
    page = _settings_page(app)
    yield check_permissions(app.get("permissions") or {}, page)
    yield check_events(app.get("events") or (), page)
    for path, check in (
        ("/app/hook/config", lambda found: check_hook(found, page)),
        ("/app/installations?per_page=100", check_installations),
        (f"/app/hook/deliveries?per_page={LATEST}", lambda found: check_deliveries(found, page)),
    ):
        try:
            yield check(_ask(identity, path))
        except (GitHubError, ValueError) as error:
            yield Check(f"github {path.partition('?')[0]}", False, str(error), "try again later")


def _ask(identity: AppIdentity, path: str) -> Any:
    return call_as_app(identity, "GET", path).json()


def _remedy(error: Exception) -> str:
    words = str(error)
    if any(word in words for word in _CLOCK_WORDS):
        return "set this machine's clock: GitHub compares it"
    if isinstance(error, Refused) and error.status in (401, 404):
        return (
            "GITHUB_APP_ID and the private key do not belong together, or GITHUB_API_URL is "
            "another GitHub's; make a new key in the App's settings if in doubt"
        )
    return "check GITHUB_APP_ID, the key, GITHUB_API_URL, and the way to GitHub (proxy, firewall)"


def _settings_page(app: Json) -> str:
    """Where the owner of the App changes it."""
    owner, slug = app.get("owner") or {}, app.get("slug", "")
    web = urlsplit(str(app.get("html_url") or ""))
    base = f"{web.scheme}://{web.netloc}"
    who = f"/organizations/{owner.get('login')}" if owner.get("type") == "Organization" else ""
    return f"{base}{who}/settings/apps/{slug}"


def check_permissions(granted: Json, page: str) -> Check:
    """Enough, and nothing that is never used."""
    missing = lacking(granted)
    if missing:
        remedy = f"grant them under {page}/permissions; each owner then accepts by e-mail"
        return Check("github permissions", False, f"missing {_named(missing)}", remedy)
    notes = [f"{one.title} is {one.enough}: no {_lost(one)}" for one in reduced(granted)]
    if unused := needless(granted):
        notes.append(f"never used: {', '.join(unused)}")
    return Check("github permissions", True, "; ".join(["complete", *notes]))


def _lost(one: Wanted) -> str:
    return one.why.partition("with write: ")[2]


def check_events(subscribed: Any, page: str) -> Check:
    """Every event that something hangs on; without "Pull request" nothing works at all."""
    missing = [one for one in EVENTS if one.name not in subscribed]
    if not missing:
        return Check("github events", True, "complete")
    told = "; ".join(f"{one.title} ({one.why})" for one in missing)
    remedy = f"tick them under {page}/permissions, “Subscribe to events”"
    return Check("github events", False, f"not subscribed: {told}", remedy)


def check_hook(found: Json, page: str) -> Check:
    """Where deliveries go, and in which form."""
    url = str(found.get("url") or "")
    if not url:
        detail = "the App has no webhook URL"
    elif not urlsplit(url).path.rstrip("/").endswith(HOOK_PATH):
        detail = f"deliveries go to {url}"
    elif found.get("content_type") != "json":
        detail = f"deliveries have content type {found.get('content_type')}"
    elif not found.get("secret"):
        detail = "deliveries are not signed: there is no webhook secret"
    elif str(found.get("insecure_ssl")) == "1":
        detail = "GitHub does not verify this server's certificate"
    else:
        return Check("github webhook", True, url)
    remedy = f"{page}: URL https://YOUR-HOST{HOOK_PATH}, application/json, a secret, SSL on"
    return Check("github webhook", False, detail, remedy)


def check_installations(found: list[Json]) -> Check:
    """Who installed it, and whether they accepted what it asks for."""
    if not found:
        remedy = "install it: the App's page, “Install App”"
        return Check("github installations", False, "installed nowhere", remedy)
    troubles = []
    for one in found:
        account = (one.get("account") or {}).get("login") or one.get("id")
        if one.get("suspended_at"):
            troubles.append(f"{account} suspended it")
        elif missing := lacking(one.get("permissions") or {}):
            troubles.append(f"{account} has not accepted {_named(missing)}")
    detail = f"{len(found)}{'+' if len(found) == 100 else ''}"
    if not troubles:
        return Check("github installations", True, detail)
    remedy = "their owners accept or unsuspend it under Settings, “Installed GitHub Apps”"
    return Check("github installations", False, f"{detail}: {'; '.join(troubles)}", remedy)


def check_deliveries(found: list[Json], page: str) -> Check:
    """Whether the latest deliveries arrived."""
    if not found:
        return Check("github deliveries", None, "none yet")
    failed = [one for one in found if not 200 <= int(one.get("status_code") or 0) < 400]
    if not failed:
        return Check("github deliveries", True, f"the last {len(found)} arrived")
    newest = failed[0]
    detail = f"{len(failed)} of the last {len(found)} failed, the newest of them with "
    detail += f"“{newest.get('status')}” at {newest.get('delivered_at')}"
    if newest is not found[0]:  # since then some arrived
        return Check("github deliveries", True, f"{detail}; later ones arrived")
    remedy = f"see {page}/advanced; the server must be reachable from GitHub, and its secret the "
    return Check("github deliveries", False, detail, f"{remedy}same as in the App's settings")


def _named(wanted: tuple[Wanted, ...]) -> str:
    return ", ".join(f"{one.name}: {one.enough or one.level} (to {one.why})" for one in wanted)
