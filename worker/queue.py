"""The queue: task names, message fields, and the Celery application that carries them.

A message holds nothing but the number of a delivery; everything else is in the store. So a lost
message, a doubled one or one that is read by anybody does no harm.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from celery import Celery
from kombu import Queue

# the worker runs in the same process; the inbox survives, messages need not
EMBEDDED = "memory://localhost"

BROKERS = ("redis", "rediss", "sentinel", "amqp", "amqps", "memory")

REVIEWS = "reviews"
ANALYSIS_CPU = "analysis.cpu"
ANALYSIS_GPU = "analysis.gpu"
QUEUES = (REVIEWS, ANALYSIS_CPU, ANALYSIS_GPU)

PLAN_REVIEW = "faultline.plan_review"  # look at the pull request, open its check run
REVIEW = "faultline.review"  # run the programs, post the review
ASSIST = "faultline.assist"  # run programs of a review that another worker has

VISIBILITY_SECONDS = 3600  # Redis hands a message out again after this; longer than any task


@dataclass(frozen=True, slots=True)
class PullRequestMessage:
    """A pull request whose head should be reviewed, as the webhook named it.

    Attributes:
        repository: "owner/name".
        head_sha: head commit at the time of the event.
        again: review it although it was reviewed already: somebody asked, or the base changed.
        asked: somebody asked, and knows that it is a draft.
        files: how many changed, as far as the event tells; small ones go first.
    """

    installation_id: int
    repository_id: int
    repository: str
    number: int
    head_sha: str
    again: bool = False
    asked: bool = False
    files: int = 0

    @property
    def subject(self) -> str:
        """Deliveries with the same subject are about the same pull request."""
        return f"{self.repository_id}:{self.number}"

    def to_json(self) -> str:
        """For the store."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def from_json(cls, text: str) -> PullRequestMessage:
        """From the store."""
        return cls(**json.loads(text))


def broker_url(setting: str) -> str:
    """The URL that Celery understands; nothing or "embedded" means the embedded broker.

    Raises:
        ValueError: it names no broker; the URL itself may hold a password and is not shown.
    """
    if setting in ("", "embedded"):
        return EMBEDDED
    kind, separator, _ = setting.partition("://")
    if not separator or kind not in BROKERS:
        known = ", ".join(f"{name}://" for name in BROKERS)
        raise ValueError(f"expected a URL that begins with one of {known}, or embedded")
    return setting


def make_queue(setting: str) -> Celery:
    """The Celery application; tasks are known by name, their module is loaded by workers alone."""
    url = broker_url(setting)
    queue = Celery("faultline", broker=url, include=["worker.tasks", "worker.errands.tasks"])
    queue.conf.update(
        task_queues=[Queue(name) for name in QUEUES],
        task_default_queue=REVIEWS,
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_serializer="json",
        accept_content=["json"],
        task_publish_retry=False,  # the sweeper is the retry
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=url != EMBEDDED,
        broker_connection_retry_on_startup=True,
        broker_transport_options=_transport_options(url),
    )
    return queue


def send(queue: Celery, task: str, name: str, delivery: int) -> None:
    """Ask a worker that listens on the queue `name` to look at the delivery.

    Raises:
        kombu.exceptions.OperationalError: the broker cannot be reached.
    """
    queue.send_task(task, args=[delivery], queue=name, ignore_result=True)


def ping(queue: Celery) -> None:
    """Raises kombu.exceptions.OperationalError when the broker does not answer."""
    with queue.connection_for_write(connect_timeout=2) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=2)


def _transport_options(url: str) -> dict[str, Any]:
    if url == EMBEDDED:
        return {"polling_interval": 0.05}
    return {
        "visibility_timeout": VISIBILITY_SECONDS,
        "socket_connect_timeout": 5,
        "socket_timeout": 30,
        "socket_keepalive": True,
    }
