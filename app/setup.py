"""/setup: one button that registers the App at GitHub, and what comes back from there."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from app import manifest as forms
from app.enrolment import Enrolled, Enrolment, NotEnrolled, exchange, may_set_up
from app.pages import SECURITY_HEADERS, page
from app.state import State, state_of
from worker.store import as_env, write_credentials

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)

COOKIE = "faultline_setup"
LONGEST = 300  # characters of a field
Field = Annotated[str, Query(max_length=LONGEST)]
_PRIVATE = {**SECURITY_HEADERS, "Cache-Control": "no-store"}


@router.get("/setup")
async def setup(
    request: Request,
    url: Field = "",
    github: Field = "",
    organization: Field = "",
    fixes: Field = "yes",
    show: Field = "",
    key: Field = "",
) -> Response:
    """The button, or that nothing is missing."""
    state = state_of(request)
    enrolment: Enrolment = request.app.state.enrolment
    if not state.settings.missing:
        return page(request, "setup.html", settings=state.settings, wanted=forms)
    if not may_set_up(request, state.settings, enrolment, key):
        return page(request, "setup.html", settings=state.settings, wanted=forms, locked=True)
    given = {"url": url, "github": github, "organization": organization, "key": key}
    try:
        offer = _offer(request, state, enrolment, given, fixes=fixes == "yes", show=bool(show))
    except ValueError as error:
        trouble = str(error)
        return _render(request, 422, settings=state.settings, trouble=trouble, given=given)
    answer = _render(request, 200, settings=state.settings, given=given, **offer)
    _allow_posting_to(answer, str(offer["origin"]))
    secure = request.url.scheme == "https"
    browser = str(offer["browser"])
    answer.set_cookie(
        COOKIE, browser, max_age=3600, path="/setup", secure=secure, httponly=True, samesite="lax"
    )
    return answer


def _render(request: Request, status: int, **context: object) -> Response:
    answer = page(request, "setup.html", status=status, wanted=forms, **{"given": {}, **context})
    answer.headers.update(_PRIVATE)
    return answer


def _allow_posting_to(answer: Response, origin: str) -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    allowed = policy.replace("form-action 'self'", f"form-action 'self' {origin}")
    answer.headers["Content-Security-Policy"] = allowed


def _offer(
    request: Request,
    state: State,
    enrolment: Enrolment,
    given: dict[str, str],
    *,
    fixes: bool,
    show: bool,
) -> dict[str, object]:
    """What the button sends, and to whom."""
    settings = state.settings
    usual = forms.web_of(settings.github_api_url)
    web = forms.address(given["github"]) if given["github"] else usual
    api = settings.github_api_url.rstrip("/") if web == usual else forms.api_of(web)
    here = str(request.base_url).rstrip("/")
    public = forms.address(given["url"] or settings.faultline_public_url or here)
    owner = forms.organization_name(given["organization"])
    browser = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    nonce = enrolment.begin(browser, api, web, show=show)
    name = f"faultline-{secrets.token_hex(3)}"  # names are unique on all of GitHub
    return {
        "origin": web,
        "browser": browser,
        "action": forms.registration_url(web, owner, nonce),
        "manifest": json.dumps(forms.manifest(name, public, here, fixes=fixes)),
        "permissions": forms.permissions(fixes=fixes),
        "public": public,
        "is_unreachable": "//127." in public or "//localhost" in public or "//[::1]" in public,
        "fixes": fixes,
        "show": show,
    }


@router.get(forms.CALLBACK)
async def callback(request: Request, code: Field = "", state: Field = "") -> Response:
    """The person comes back from GitHub with a code, good for one exchange."""
    parts = state_of(request)
    if not parts.settings.missing:
        raise HTTPException(409, "an App is set up already")
    enrolment: Enrolment = request.app.state.enrolment
    try:
        begun = enrolment.finish(state, request.cookies.get(COOKIE, ""))
        enrolled = await exchange(begun, code)
        if begun.show or "GITHUB_WEBHOOK_SECRET" not in enrolled.credentials:
            return _shown(request, enrolled)
        return await _stored(request, parts, enrolled)
    except NotEnrolled as error:
        return _render(request, 400, settings=parts.settings, trouble=str(error))


async def _stored(request: Request, parts: State, enrolled: Enrolled) -> Response:
    home = parts.settings.faultline_home
    try:
        file = await asyncio.to_thread(write_credentials, home, enrolled.credentials)
    except (OSError, ValueError) as error:
        # GitHub gives them once: better shown than lost
        log.warning("credentials not stored", extra={"reason": type(error).__name__})
        return _shown(request, enrolled, f"{home} cannot be written: {error}")
    log.info("the App is set up", extra={"slug": enrolled.slug, "file": str(file)})
    await request.app.state.take(enrolled.credentials)
    return RedirectResponse(enrolled.install_url, status_code=303, headers=_PRIVATE)


def _shown(request: Request, enrolled: Enrolled, trouble: str = "") -> Response:
    env = as_env(enrolled.credentials)
    answer = page(request, "credentials.html", env=env, enrolled=enrolled, trouble=trouble)
    answer.headers.update(_PRIVATE)
    return answer
