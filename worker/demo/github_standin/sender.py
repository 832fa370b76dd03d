"""Signs webhooks and delivers them, one after the other, keeping what the App answered."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

import httpx

from worker.demo.github_standin.records import Delivery, Ids
from worker.demo.github_standin.refusals import Json

TIMEOUT = 10.0  # GitHub waits this long for an answer, seconds
_ALWAYS = {"installation", "installation_repositories", "ping"}


def signature(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256: over the raw bytes."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Sender:
    """The webhook end of an App. Without a `url` deliveries are kept and not sent."""

    def __init__(
        self,
        secret: str,
        app_id: int,
        events: tuple[str, ...],
        ids: Ids,
        now: Callable[[], str],
    ) -> None:
        self.url: str | None = None
        self.secret = secret
        self.deliveries: list[Delivery] = []
        self._app_id, self._events, self._ids, self._now = app_id, events, ids, now
        self._line = ThreadPoolExecutor(max_workers=1, thread_name_prefix="webhooks")
        self._open: list[Future[None]] = []

    def emit(self, event: str, payload: Json) -> None:
        """Queues an event the App subscribed to; others are never sent."""
        if event in _ALWAYS or event in self._events:
            self._queue(Delivery(self._ids.new(), str(uuid.uuid4()), event, payload, self._now()))

    def redeliver(self, delivery: Delivery) -> Delivery:
        """Sends a delivery again, under the same GUID."""
        again = Delivery(
            self._ids.new(), delivery.guid, delivery.event, delivery.payload, self._now(), True
        )
        self._queue(again)
        return again

    def _queue(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        if self.url is not None:
            self._open.append(self._line.submit(self._send, delivery, self.url))

    def flush(self, timeout: float = 60.0) -> None:
        """Waits until everything queued so far was answered or failed."""
        waiting, self._open = self._open, []
        for future in waiting:
            future.result(timeout)

    def close(self) -> None:
        self._line.shutdown(wait=True, cancel_futures=True)

    def headers(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        legacy = hmac.new(self.secret.encode(), body, hashlib.sha1).hexdigest()
        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/0000000",
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Hook-ID": str(self._app_id),
            "X-GitHub-Hook-Installation-Target-ID": str(self._app_id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature": f"sha1={legacy}",
            "X-Hub-Signature-256": signature(self.secret, body),
        }

    def _send(self, delivery: Delivery, url: str) -> None:
        body = json.dumps(delivery.payload, ensure_ascii=False).encode()
        started = monotonic()
        try:
            answer = httpx.post(
                url,
                content=body,
                headers=self.headers(delivery, body),
                timeout=TIMEOUT,
                trust_env=False,
            )
        except httpx.TimeoutException:
            delivery.status = "timed out"
        except httpx.TransportError as error:
            delivery.status = f"failed to connect to host: {error}"
        else:
            delivery.status_code, delivery.response_body = answer.status_code, answer.text[:2_000]
            delivery.status = (
                "OK" if answer.is_success else f"Invalid HTTP Response: {answer.status_code}"
            )
        delivery.duration = round(monotonic() - started, 3)
