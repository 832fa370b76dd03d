"""GET /healthz: the process is up. GET /readyz: it can do its work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, Request
from kombu.exceptions import OperationalError
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse

from app.state import state_of
from worker.queue import ping

router = APIRouter()

PATIENCE_SECONDS = 5.0


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answers as long as the event loop turns."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Database and broker, each with what is wrong."""
    state = state_of(request)
    checks = {
        "database": await _try(state.database.ping),
        "broker": await _try(lambda: ping(state.celery)),
    }
    is_ready = all(result == "ok" for result in checks.values())
    return JSONResponse(checks, status_code=200 if is_ready else 503)


async def _try(check: Callable[[], None]) -> str:
    try:
        await asyncio.wait_for(asyncio.to_thread(check), PATIENCE_SECONDS)
    except TimeoutError:
        return f"no answer within {PATIENCE_SECONDS:.0f} s"
    except (SQLAlchemyError, OperationalError) as error:
        return f"unreachable ({type(error).__name__})"  # the text may hold a password
    return "ok"
