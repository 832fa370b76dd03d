"""The stand-in as its users see it: GitHub's API on 127.0.0.1, and people who work on it."""

import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from worker.demo.github_standin.dispatch import Exchange
from worker.demo.github_standin.faults import Faults
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.keys import new_private_key, public_key_of
from worker.demo.github_standin.people import People
from worker.demo.github_standin.records import (
    App,
    Delivery,
    Installation,
    User,
)
from worker.demo.github_standin.sender import Sender
from worker.demo.github_standin.wire import Listener, api, archives

PERMISSIONS = {
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
}
EVENTS = (
    "check_run",
    "check_suite",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
)


class GitHubStandIn(People):
    """A GitHub with one App installed on one account.

    Use as a context manager. Set `webhook_url` to have deliveries sent; `deliveries` keeps them
    either way, `exchanges` every call of the API with its answer. Methods named for what a person
    does take `by`, a login; `main_user` acts when it is left out.
    """

    def __init__(
        self,
        *,
        account: str = "octo-org",
        main_user: str = "mona",
        slug: str = "faultline",
        permissions: Mapping[str, str] = PERMISSIONS,
        events: tuple[str, ...] = EVENTS,
        prefix: str = "",
        clock: Callable[[], float] = time.time,
        private_key: str | None = None,
    ) -> None:
        self.private_key = private_key or new_private_key()
        self.webhook_secret = secrets.token_hex(20)
        self.exchanges: list[Exchange] = []
        app = _new_app(account, slug, permissions, events, public_key_of(self.private_key))
        # A client that caches tokens by installation must not mix up two stand-ins.
        number = secrets.randbelow(10**9) + 10**7
        hub = Hub(app, Installation(number, app.owner, dict(permissions)), clock=clock)
        hub.users.update({account: app.owner, app.bot.login: app.bot})
        folder = Path(tempfile.mkdtemp(prefix="github-standin-"))
        super().__init__(hub, folder, hub.user(main_user))
        self._sender = Sender(self.webhook_secret, app.id, events, hub.ids, hub.now)
        self.hub.deliveries = self._sender.deliveries
        self.hub.emit, self.hub.redeliver = self._sender.emit, self._sender.redeliver
        self.hub.hook_url = lambda: self._sender.url or ""
        self._api = Listener(api(self.hub, prefix, self.exchanges.append))
        self._archives = Listener(archives(self.hub))
        self.url = f"http://127.0.0.1:{self._api.port}{prefix}"
        self.hub.url = self.url
        self.hub.archive_url = f"http://127.0.0.1:{self._archives.port}"

    def start(self) -> "GitHubStandIn":
        self._api.start()
        self._archives.start()
        return self

    def stop(self) -> None:
        self._sender.close()
        self._archives.ask_to_stop()
        self._api.stop()
        self._archives.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> "GitHubStandIn":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # The App's side

    @property
    def app_id(self) -> int:
        return self.hub.app.id

    @property
    def installation_id(self) -> int:
        return self.hub.installation.id

    @property
    def faults(self) -> Faults:
        """Failures on order: `faults.fail_next(Failure.LOST_ANSWER, "POST", "*/reviews")`."""
        return self.hub.faults

    @property
    def deliveries(self) -> list[Delivery]:
        return self._sender.deliveries

    @property
    def webhook_url(self) -> str | None:
        return self._sender.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self._sender.url = url

    def environment(self) -> dict[str, str]:
        """The settings with which `faultline serve` is this stand-in's App."""
        return {
            "GITHUB_API_URL": self.url,
            "GITHUB_APP_ID": str(self.app_id),
            "GITHUB_APP_PRIVATE_KEY": self.private_key,
            "GITHUB_WEBHOOK_SECRET": self.webhook_secret,
        }

    def manifest_code(self) -> str:
        """The code that GitHub's pages hand back when an App was made from a manifest."""
        code = secrets.token_hex(20)
        made = {
            "client_secret": secrets.token_hex(20),
            "webhook_secret": self.webhook_secret,
            "pem": self.private_key,
        }
        with self.hub.lock:
            self.hub.conversions[code] = (self.hub.clock() + 3_600, made)
        return code

    def flush(self, timeout: float = 60.0) -> None:
        """Waits until every webhook sent so far has its answer."""
        self._sender.flush(timeout)

    def redeliver(self, delivery: Delivery) -> Delivery:
        return self._sender.redeliver(delivery)

    def signed_headers(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        """The headers of a delivery, for a test that sends the bytes itself."""
        return self._sender.headers(delivery, body)


def _new_app(
    account: str,
    slug: str,
    permissions: Mapping[str, str],
    events: tuple[str, ...],
    public_key: str,
) -> App:
    return App(
        id=314_159,
        client_id="Iv23liSTANDIN00",
        slug=slug,
        owner=User(account, 1_001, "Organization"),
        bot=User(f"{slug}[bot]", 2_001, "Bot"),
        public_key_pem=public_key,
        permissions=dict(permissions),
        events=events,
    )
