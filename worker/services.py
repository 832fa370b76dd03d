"""What the tasks of one worker process share."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass

from worker.settings import WorkerSettings
from worker.store import Database, Inbox, Runs


@dataclass(frozen=True, slots=True)
class Services:
    """Settings and the store, opened."""

    settings: WorkerSettings
    inbox: Inbox
    runs: Runs


def open_services(settings: WorkerSettings) -> Services:
    """Opens the store; its tables are made when missing."""
    database = Database(settings.database_url)
    database.create()
    return Services(settings, Inbox(database), Runs(database))


def services() -> Services:
    """Those of this process, from the environment; a forked child opens its own."""
    return _of_process(os.getpid())


@functools.lru_cache(maxsize=1)
def _of_process(_pid: int) -> Services:
    return open_services(WorkerSettings())
