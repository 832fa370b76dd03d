"""What the tasks of one worker process share."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass

from worker.settings import WorkerSettings
from worker.store import (
    Database,
    Duties,
    Fates,
    Inbox,
    Installations,
    Retention,
    Runs,
    Shares,
    Timings,
    Wishes,
)
from worker.store.inbox import RESEND_SECONDS


@dataclass(frozen=True, slots=True)
class Services:
    """Settings and the store, opened."""

    settings: WorkerSettings
    inbox: Inbox
    runs: Runs
    shares: Shares
    timings: Timings
    duties: Duties
    fates: Fates
    wishes: Wishes
    installations: Installations
    retention: Retention


def open_services(settings: WorkerSettings) -> Services:
    """Opens the store; its tables are made when missing."""
    database = Database(settings.database_url)
    database.create()
    # nobody hears of a lost message before the sender would count as dead
    resend = min(RESEND_SECONDS, settings.faultline_lease_seconds)
    return Services(
        settings,
        Inbox(database, resend=resend),
        Runs(database),
        Shares(database),
        Timings(database),
        Duties(database),
        Fates(database),
        Wishes(database),
        Installations(database),
        Retention(database),
    )


def services() -> Services:
    """Those of this process, from the environment; a forked child opens its own."""
    return _of_process(os.getpid())


@functools.lru_cache(maxsize=1)
def _of_process(_pid: int) -> Services:
    return open_services(WorkerSettings())
