"""Asking GitHub to send again what the receiver did not take.

GitHub tries a delivery once. What came while the receiver was down is lost, unless the App looks
through its deliveries afterwards; GitHub keeps them for three days. One of all workers does it at
a time, see `Duties`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from worker.errors import GitHubError
from worker.github import AppIdentity, call_as_app
from worker.identity import identity_of
from worker.services import Services

log = logging.getLogger(__name__)

DUTY = "ask for failed deliveries"
MOST_PAGES = 10  # of a hundred deliveries each, at one time
MOST_ATTEMPTS = 10  # of one delivery; a receiver that refuses it will go on refusing it
LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Failed:
    """A delivery that no attempt brought through; `id` is that of its last attempt."""

    id: int
    guid: str


class CatchUp:
    """A thread that does it now and then; several of them do no harm."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="catch-up", daemon=True)

    def start(self) -> None:
        """Begin with looking at once: the service may have been away."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended."""
        self._over.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        period = self._services.settings.faultline_catch_up_seconds
        while not self._over.wait(min(LOOK_SECONDS, period)):
            try:
                if self._services.duties.take(DUTY, period):
                    catch_up(self._services)
            except (SQLAlchemyError, GitHubError) as error:
                log.warning("failed deliveries not asked for", extra={"reason": str(error)[:300]})


def catch_up(services: Services) -> int:
    """Ask for every delivery that failed since the last look; how many."""
    identity = identity_of(services.settings)
    seen = int(services.duties.note(DUTY) or 0)
    items = list(_since(identity, seen))
    wanted = failed(items)
    for one in wanted:
        log.info("delivery asked for again", extra={"guid": one.guid})
        call_as_app(identity, "POST", f"/app/hook/deliveries/{one.id}/attempts")
    # what has not come through is looked at again: its next attempt may fail, too
    unsure = {one.guid for one in wanted} | {item["guid"] for item in items if _is_pending(item)}
    open_ids = [int(item["id"]) for item in items if item["guid"] in unsure]
    newest = max((int(item["id"]) for item in items), default=seen)
    services.duties.write_down(DUTY, str(min([*open_ids, newest + 1]) - 1))
    return len(wanted)


def failed(items: list[dict[str, Any]]) -> list[Failed]:
    """The deliveries of which no attempt succeeded, oldest first, unless they were tried enough."""
    attempts: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        attempts.setdefault(str(item["guid"]), []).append(item)
    found = [
        Failed(max(int(item["id"]) for item in tries), guid)
        for guid, tries in attempts.items()
        if len(tries) < MOST_ATTEMPTS and not any(map(_came_through, tries))
    ]
    return sorted(found, key=lambda one: one.id)


def _came_through(item: dict[str, Any]) -> bool:
    """Taken, or still under way; a clear 4xx of ours was no accident and stays as it is."""
    return 200 <= int(item.get("status_code") or 0) < 500 or _is_pending(item)


def _is_pending(item: dict[str, Any]) -> bool:
    return str(item.get("status")) == "pending"


def _since(identity: AppIdentity, seen: int) -> Iterator[dict[str, Any]]:
    """Attempts after the one with the number `seen`, newest first."""
    url = "/app/hook/deliveries?per_page=100"
    for _ in range(MOST_PAGES):
        answer = call_as_app(identity, "GET", url)
        page = answer.json()
        yield from (item for item in page if int(item["id"]) > seen)
        url = answer.links.get("next", {}).get("url", "")
        if not url or any(int(item["id"]) <= seen for item in page):
            return
