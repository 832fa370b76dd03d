"""What every request can reach."""

from __future__ import annotations

from dataclasses import dataclass

from celery import Celery
from starlette.requests import Request

from app.intake import Intake
from app.settings import Settings
from worker.store import Database, Inbox, Runs


@dataclass(frozen=True, slots=True)
class State:
    """The parts of the running application."""

    settings: Settings
    database: Database
    inbox: Inbox
    runs: Runs
    celery: Celery
    intake: Intake


def state_of(request: Request) -> State:
    """The parts of the application that this request came to."""
    state: State = request.app.state.parts
    return state
