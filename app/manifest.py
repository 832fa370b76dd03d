"""The App as we ask GitHub to register it: the least permissions, the events, and why. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from app.webhooks import PATH
from worker.registration import EVENTS, PERMISSIONS, Wanted

GITHUB = "https://github.com"
GITHUB_API = "https://api.github.com"
CALLBACK = "/setup/callback"


_ORGANIZATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9a-fA-F:]+")


def permissions(*, fixes: bool = True) -> tuple[Wanted, ...]:
    """What is asked for; without `fixes` nothing that could change a branch."""
    if fixes:
        return PERMISSIONS
    return tuple(replace(one, level=one.enough or one.level) for one in PERMISSIONS)


def events() -> tuple[Wanted, ...]:
    """What GitHub is to tell us of, besides installations."""
    return EVENTS


def manifest(name: str, public: str, here: str, *, fixes: bool = True) -> dict[str, Any]:
    """What GitHub's page for a new App is filled in with.

    Args:
        public: the address under which GitHub reaches this server.
        here: the address under which the person's browser reaches it.
    """
    return {
        "name": name,
        "url": public,
        "description": "Reviews deep-learning training programs in pull requests.",
        "public": False,
        "hook_attributes": {"url": public + PATH, "active": True},
        "redirect_url": here + CALLBACK,
        "default_permissions": {one.name: one.level for one in permissions(fixes=fixes)},
        "default_events": [one.name for one in EVENTS],
    }


def registration_url(github: str, organization: str, state: str) -> str:
    """Where the manifest is posted to by the person's browser."""
    owner = f"/organizations/{organization}" if organization else ""
    return f"{github}{owner}/settings/apps/new?{urlencode({'state': state})}"


def address(text: str) -> str:
    """An address without its path, as a person types it.

    Raises:
        ValueError: it is none, or not one that credentials may be sent to.
    """
    parts = urlsplit(text.strip() if "://" in text else f"https://{text.strip()}")
    host = parts.hostname or ""
    is_odd = parts.username is not None or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or is_odd:
        raise ValueError(f"expected an address such as https://github.example.org, got {text!r}")
    name = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""  # a port that is none raises as well
    return f"{parts.scheme}://{name}{port}"


def organization_name(text: str) -> str:
    """The organization that is to own the App; empty for the person.

    Raises:
        ValueError: GitHub has no such names.
    """
    if text and not _ORGANIZATION.fullmatch(text):
        raise ValueError(f"expected the name of an organization, got {text!r}")
    return text


def web_of(api_url: str) -> str:
    """Where the pages are that belong to an API."""
    if api_url.rstrip("/") == GITHUB_API:
        return GITHUB
    parts = urlsplit(api_url)
    host = parts.netloc.removeprefix("api.") if parts.netloc.endswith(".ghe.com") else parts.netloc
    return f"{parts.scheme}://{host}"


def api_of(web: str) -> str:
    """Where the API is that belongs to GitHub's pages."""
    if web == GITHUB:
        return GITHUB_API
    parts = urlsplit(web)
    if parts.netloc.endswith(".ghe.com"):
        return f"{parts.scheme}://api.{parts.netloc}"
    return f"{web}/api/v3"
