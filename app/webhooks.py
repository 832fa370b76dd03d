"""POST /webhooks/github: raw body, signature, event, store, commit, enqueue, 202."""

from __future__ import annotations

import asyncio
import json
import logging
import time

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from app.admission import is_admitted
from app.events import NotOurs, Ours, is_interesting, read_event
from app.intake import Busy
from app.metrics import DELIVERIES, DELIVERY_SECONDS
from app.signature import is_signed
from app.state import state_of
from worker.queue import PLAN_REVIEW, REVIEWS, PullRequestMessage
from worker.store import NewDelivery

log = logging.getLogger(__name__)
router = APIRouter()

PATH = "/webhooks/github"
MAX_BODY_BYTES = 25 * 1024 * 1024  # GitHub never sends more
SLOW_PARSE_BYTES = 256 * 1024  # larger bodies are parsed in a thread; the loop serves others
MAX_GUID = 200  # GitHub sends 36 characters


class Refused(Exception):
    """The request is answered with an error status.

    Attributes:
        outcome: one word for the metrics.
    """

    def __init__(self, status: int, outcome: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.outcome = outcome


async def receive(request: Request) -> Response:
    """One delivery of GitHub."""
    started = time.perf_counter()
    try:
        outcome = await _receive(request)
        answer = Response(status_code=204 if outcome == "dropped" else 202)
    except Refused as refused:
        outcome = refused.outcome
        answer = JSONResponse({"message": str(refused)}, status_code=refused.status)
        log.warning("delivery refused", extra={"outcome": outcome, "status": refused.status})
    DELIVERIES.labels(outcome=outcome).inc()
    DELIVERY_SECONDS.observe(time.perf_counter() - started)
    return answer


# A plain route: this is the one path that is called hundreds of times a second, and it needs
# nothing of what FastAPI does around a handler.
router.add_route(PATH, receive, methods=["POST"], include_in_schema=False)


async def _receive(request: Request) -> str:
    """Returns what became of the delivery, in one word."""
    settings = state_of(request).settings
    if not settings.webhook_secret:
        raise Refused(503, "not_set_up", "GITHUB_WEBHOOK_SECRET is not set: see /setup")
    body = await _body(request)
    if not is_signed(settings.webhook_secret, body, request.headers.get("x-hub-signature-256")):
        raise Refused(401, "bad_signature", "X-Hub-Signature-256 is not the signature of this body")
    event, guid = _names(request)
    if not is_interesting(event):
        return "dropped"
    message = read_event(event, await _parse(request, body))
    if isinstance(message, NotOurs):
        log.debug("delivery dropped", extra={"guid": guid, "reason": message.reason})
        return "dropped"
    if not is_admitted(message, settings.admission):
        log.info("delivery not admitted", extra={"guid": guid})
        return "dropped"
    return await _store(request, guid, event, message)


async def _body(request: Request) -> bytes:
    """The raw body, never more than the limit of it."""
    too_large = Refused(413, "too_large", f"expected at most {MAX_BODY_BYTES:,} bytes")
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and (len(declared) > 12 or int(declared) > MAX_BODY_BYTES):
        raise too_large
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise too_large
    except ClientDisconnect as gone:
        raise Refused(400, "cut_off", "the connection ended within the body") from gone
    return bytes(body)


def _names(request: Request) -> tuple[str, str]:
    event = request.headers.get("x-github-event", "")
    guid = request.headers.get("x-github-delivery", "")
    if not event or not guid or len(guid) > MAX_GUID:
        raise Refused(400, "malformed", "expected the headers X-GitHub-Event and X-GitHub-Delivery")
    return event, guid


async def _parse(request: Request, body: bytes) -> object:
    kind = request.headers.get("content-type", "application/json")
    if not kind.startswith("application/json"):
        message = (
            f"expected content type application/json, got {kind}: change it in the App's webhook"
        )
        raise Refused(415, "malformed", message)
    try:
        if len(body) > SLOW_PARSE_BYTES:
            return await asyncio.to_thread(json.loads, body)
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "malformed", "the body is not JSON") from error


async def _store(request: Request, guid: str, event: str, message: Ours) -> str:
    delivery = NewDelivery(
        guid=guid,
        event=event,
        subject=message.subject,
        message=message.to_json(),
        task=PLAN_REVIEW if isinstance(message, PullRequestMessage) else message.task,
        queue=REVIEWS,
        weight=message.files if isinstance(message, PullRequestMessage) else 0,
    )
    try:
        is_new = await state_of(request).intake.accept(delivery)
    except Busy as error:
        raise Refused(503, "busy", "too many deliveries wait to be stored") from error
    except SQLAlchemyError as error:
        raise Refused(503, "not_stored", "the delivery could not be stored") from error
    log.info("delivery accepted", extra={"guid": guid, "event": event, "subject": message.subject})
    return "accepted" if is_new else "repeated"
