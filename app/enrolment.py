"""From "nobody yet" to a registered App: who may set up, what was begun, the code's exchange."""

from __future__ import annotations

import hmac
import logging
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from starlette.requests import Request

from app.settings import LOOPBACK, Settings

log = logging.getLogger(__name__)

LIFETIME = 3600.0  # GitHub's code works for an hour, seconds
MOST_PENDING = 50
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")


class NotEnrolled(Exception):
    """Set-up did not succeed; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A set-up that was begun.

    Attributes:
        browser: who began it, so that nobody else's answer is taken.
        show: the credentials are shown in place of being stored.
    """

    browser: str
    api_url: str
    web_url: str
    show: bool
    until: float


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A registered App.

    Attributes:
        credentials: by the variable that holds each.
        install_url: where it is installed on repositories.
    """

    slug: str
    credentials: Mapping[str, str]
    install_url: str


@dataclass(slots=True)
class Enrolment:
    """What set-up remembers between two requests; nothing of it is stored.

    Attributes:
        key: lets a browser set up that does not sit at this machine; printed at the start.
    """

    key: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    pending: dict[str, Pending] = field(default_factory=dict)

    def begin(self, browser: str, api_url: str, web_url: str, *, show: bool) -> str:
        """The state that goes to GitHub and comes back."""
        now = time.time()
        alive = {state: one for state, one in self.pending.items() if one.until > now}
        while len(alive) >= MOST_PENDING:
            del alive[next(iter(alive))]
        state = secrets.token_urlsafe(24)
        alive[state] = Pending(browser, api_url, web_url, show, now + LIFETIME)
        self.pending = alive
        return state

    def finish(self, state: str, browser: str) -> Pending:
        """What was begun under this state; it can be finished once.

        Raises:
            NotEnrolled: it was not begun here, not by this browser, or too long ago.
        """
        begun = self.pending.get(state)
        is_same = begun is not None and hmac.compare_digest(
            begun.browser.encode(), browser.encode()
        )
        if begun is None or not is_same or begun.until < time.time():
            raise NotEnrolled(
                "This answer does not belong to a set-up that this browser began within the last "
                "hour. Open /setup again."
            )
        del self.pending[state]
        return begun


def may_set_up(request: Request, settings: Settings, enrolment: Enrolment, key: str) -> bool:
    """Whether it is the operator: at this machine, or with the key that was printed.

    The name in the Host header counts, because a page elsewhere can point its own name at
    127.0.0.1.
    """
    if key and hmac.compare_digest(key.encode(), enrolment.key.encode()):
        return True
    is_local = settings.faultline_host in LOOPBACK
    is_direct = not any(name in request.headers for name in _FORWARDED)
    try:
        name = urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        return False
    return is_local and is_direct and name in LOOPBACK


async def exchange(begun: Pending, code: str) -> Enrolled:
    """The code, which works once, becomes the App's credentials.

    Raises:
        NotEnrolled: GitHub does not answer, or does not know the code.
    """
    if not _CODE.fullmatch(code):
        raise NotEnrolled("GitHub's answer carries no code. Open /setup again.")
    url = f"{begun.api_url}/app-manifests/{quote(code, safe='')}/conversions"
    headers = {"Accept": "application/vnd.github+json", "User-Agent": "faultline"}
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            answer = await client.post(url, headers=headers)
            found = answer.json() if answer.status_code == 201 else None
    except (httpx.HTTPError, ValueError) as error:
        raise NotEnrolled(
            f"{begun.api_url} did not answer ({type(error).__name__}). Open /setup again; an App "
            "that was made meanwhile can be deleted in its settings."
        ) from error
    if not isinstance(found, dict):
        raise NotEnrolled(
            f"{begun.api_url} does not know this code (status {answer.status_code}): it works "
            "once, within an hour. Open /setup again."
        )
    return _enrolled(begun, found)


def _enrolled(begun: Pending, found: Mapping[str, Any]) -> Enrolled:
    number, slug, pem = found.get("id"), str(found.get("slug") or ""), found.get("pem")
    if not isinstance(number, int) or not isinstance(pem, str) or "PRIVATE KEY" not in pem:
        raise NotEnrolled(f"{begun.api_url} gave no id and no key. Open /setup again.")
    page = str(found.get("html_url") or "")
    if not page.startswith(f"{begun.web_url}/"):
        page = f"{begun.web_url}/apps/{quote(slug, safe='')}"
    credentials = {
        "GITHUB_API_URL": begun.api_url,
        "GITHUB_APP_ID": str(number),
        "GITHUB_APP_PRIVATE_KEY": pem,
    }
    if found.get("webhook_secret"):
        credentials["GITHUB_WEBHOOK_SECRET"] = str(found["webhook_secret"])
    return Enrolled(slug, credentials, f"{page}/installations/new")
