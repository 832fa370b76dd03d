"""Builds the application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI

from app import health, metrics, pages, setup, webhooks
from app.embedded import Starter
from app.enrolment import Enrolment
from app.intake import Intake
from app.settings import Settings
from app.state import State
from worker.queue import make_queue
from worker.store import Database, Inbox, Runs


def create_app(
    settings: Settings | None = None,
    *,
    embedded: bool | None = None,
    setup_key: str | None = None,
) -> FastAPI:
    """The App's HTTP side; nothing is opened before it starts.

    Args:
        embedded: run the worker in this process; default: when there is no broker. It starts as
            soon as nothing is missing.
        setup_key: what a browser elsewhere needs to set the App up; default: nobody knows it.
    """
    settings = settings or Settings()
    has_worker = settings.is_embedded if embedded is None else embedded

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state = await asyncio.to_thread(_open, settings)
        app.state.parts = state
        worker = Starter(state.celery, settings.faultline_concurrency) if has_worker else None

        async def take(credentials: Mapping[str, str]) -> None:
            """Set-up is done: go on with these, without a restart."""
            app.state.parts = replace(state, settings=settings.with_credentials(credentials))
            if worker is not None:
                await asyncio.to_thread(worker.start)

        app.state.take = take
        app.state.enrolment = Enrolment(setup_key) if setup_key else Enrolment()
        if worker is not None and not settings.missing:
            await asyncio.to_thread(state.inbox.recover)
            await asyncio.to_thread(worker.start)
        yield
        await asyncio.to_thread(_close, state, worker)

    app = FastAPI(title="Faultline", lifespan=lifespan, docs_url=None, redoc_url=None)
    for part in (webhooks, health, metrics, pages, setup):
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


def _close(state: State, worker: Starter | None) -> None:
    state.intake.stop()
    if worker is not None:
        worker.stop()
    state.celery.close()
    state.database.close()
