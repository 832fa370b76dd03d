"""Builds the application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app import health, metrics, pages, webhooks
from app.embedded import EmbeddedWorker
from app.intake import Intake
from app.settings import Settings
from app.state import State
from worker.queue import make_queue
from worker.store import Database, Inbox, Runs


def create_app(settings: Settings | None = None, *, embedded: bool | None = None) -> FastAPI:
    """The App's HTTP side; nothing is opened before it starts.

    Args:
        embedded: run the worker in this process; default: when there is no broker and nothing
            is missing.
    """
    settings = settings or Settings()
    if embedded is None:
        embedded = settings.is_embedded and not settings.missing

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state = await asyncio.to_thread(_open, settings)
        app.state.parts = state
        worker = None
        if embedded:
            await asyncio.to_thread(state.inbox.recover)
            worker = EmbeddedWorker(state.celery, settings.faultline_concurrency)
            await asyncio.to_thread(worker.start)
        yield
        await asyncio.to_thread(_close, state, worker)

    app = FastAPI(title="Faultline", lifespan=lifespan, docs_url=None, redoc_url=None)
    for part in (webhooks, health, metrics, pages):
        app.include_router(part.router)
    return app


def _open(settings: Settings) -> State:
    database = Database(settings.database_url)
    database.create()
    inbox = Inbox(database)
    celery = make_queue(settings.broker)
    intake = Intake(inbox, celery)
    intake.start()
    return State(settings, database, inbox, Runs(database), celery, intake)


def _close(state: State, worker: EmbeddedWorker | None) -> None:
    state.intake.stop()
    if worker is not None:
        worker.stop()
    state.celery.close()
    state.database.close()
