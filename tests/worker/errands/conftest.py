from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery

from app.events import read_event
from tests.support.github import assert_described
from worker.demo.github_standin import GitHubStandIn
from worker.messages import Message
from worker.queue import make_queue
from worker.services import Services, _of_process, services
from worker.store import NewDelivery

Work = Callable[[], None]


@pytest.fixture
def queue() -> Celery:
    queue = make_queue("")
    queue.set_default()
    queue.loader.import_default_modules()
    queue.finalize()
    return queue


@pytest.fixture
def shared(github: GitHubStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_HOME", str(tmp_path / "home"))
    for name, value in github.environment().items():
        monkeypatch.setenv(name, value)
    _of_process.cache_clear()
    return services()


@pytest.fixture
def work(github: GitHubStandIn, shared: Services, queue: Celery) -> Work:
    """Does the errands of all webhooks since the last call, as the receiver would hand them on.

    Each is done twice, as after a lost answer: the second time must change nothing.
    """
    seen = 0

    def now() -> None:
        nonlocal seen
        fresh, seen = github.deliveries[seen:], len(github.deliveries)
        for delivery in fresh:
            message = read_event(delivery.event, delivery.payload)
            if isinstance(message, Message):
                new = NewDelivery(
                    guid=delivery.guid,
                    event=delivery.event,
                    subject=message.subject,
                    message=message.to_json(),
                    task=message.task,
                    queue="reviews",
                )
                (due,) = shared.inbox.accept([new])
                queue.tasks[message.task].apply([due.id], throw=True)
                again = NewDelivery(f"{delivery.guid}+", *list(_fields(new))[1:])
                (due,) = shared.inbox.accept([again])
                queue.tasks[message.task].apply([due.id], throw=True)
        assert_described(github)

    return now


def _fields(new: NewDelivery) -> tuple[str, str, str, str, str, str]:
    return new.guid, new.event, new.subject, new.message, new.task, new.queue
