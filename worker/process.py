"""What a worker does at its start and at its end, told by Celery's signals."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import signals

from worker import litter, shutdown
from worker.catch_up import CatchUp
from worker.retention import Keeper
from worker.services import services
from worker.sweeper import Sweeper

log = logging.getLogger(__name__)

_threads: list[Sweeper | CatchUp | Keeper] = []


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _set_up_logging(**_: object) -> None:
    """Keeps Celery from configuring logging; `serve` and `worker` have done it."""


@signals.worker_ready.connect  # type: ignore[untyped-decorator]
def _start(sender: Any, **_: object) -> None:
    shutdown.withdraw()
    litter.clear()
    litter.own_folder()
    shared = services()
    _threads.append(Sweeper(shared.inbox, sender.app))
    _threads.append(Keeper(shared))
    if shared.settings.faultline_catch_up_seconds:
        _threads.append(CatchUp(shared))
    for thread in _threads:
        thread.start()


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def _start_process(**_: object) -> None:
    litter.clear()  # this process may stand in for one that was killed
    litter.own_folder()


@signals.worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _stop_process(**_: object) -> None:
    litter.remove()


@signals.worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _stop_soon(**_: object) -> None:
    """SIGTERM: no new work; what runs may finish for a while, and is handed back then."""
    seconds = services().settings.faultline_shutdown_seconds
    log.info("ending", extra={"seconds": seconds})
    shutdown.request_after(seconds)
    threading.Thread(target=_stop, name="stop", daemon=True).start()


@signals.worker_shutdown.connect  # type: ignore[untyped-decorator]
def _stop(**_: object) -> None:
    while _threads:
        _threads.pop().stop()
