"""The pages: /, /runs, /runs/{id}. Rendered on the server, no script, nothing external."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.templating import Jinja2Templates
from starlette.responses import Response

from app.state import state_of

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(directory=Path(__file__).parent / "templates")

PER_PAGE = 50
MAX_ID = 2**63 - 1
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def _moment(seconds: float | None) -> str:
    """Seconds since the epoch as a person reads them."""
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"


templates.env.filters["moment"] = _moment


def page(request: Request, name: str, *, status: int = 200, **context: object) -> Response:
    """A template, with the headers that keep anything foreign out of it."""
    context = {"missing": state_of(request).settings.missing, **context}
    headers = SECURITY_HEADERS
    return templates.TemplateResponse(request, name, context, status, headers=headers)


@router.get("/")
async def home(request: Request) -> Response:
    """What this is and how it does."""
    state = state_of(request)
    deliveries = await asyncio.to_thread(state.inbox.counts)
    runs = await asyncio.to_thread(state.runs.latest, 10)
    return page(request, "home.html", deliveries=deliveries, runs=runs)


@router.get("/runs")
async def runs(
    request: Request, before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None
) -> Response:
    """The newest runs, page by page."""
    found = await asyncio.to_thread(state_of(request).runs.latest, PER_PAGE, before)
    older = found[-1].id if len(found) == PER_PAGE else None
    return page(request, "runs.html", runs=found, older=older)


@router.get("/runs/{number}")
async def run(request: Request, number: int) -> Response:
    """One run with its findings."""
    details = None
    if 0 < number <= MAX_ID:
        details = await asyncio.to_thread(state_of(request).runs.get, number)
    if details is None:
        raise HTTPException(404, f"there is no run {number}")
    return page(request, "run.html", run=details.run, details=details)
