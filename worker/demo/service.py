"""`faultline serve` as a child process: started, watched, and ended by its own process id."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType

import httpx

START_TIMEOUT = 60.0  # seconds; importing on a busy machine takes most of it
STOP_TIMEOUT = 15.0


class DemoFailed(Exception):
    """Something did not happen; the text says what, for a person at the terminal."""


class Service:
    """The App with its embedded worker, on a free port of 127.0.0.1.

    Attributes:
        url: where it listens.
        log: the file that its output goes to.
    """

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        self.log = home / "faultline.log"
        self._home = home
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {
            **_inherited(),
            **settings,
            "FAULTLINE_HOST": "127.0.0.1",
            "FAULTLINE_PORT": str(port),
            "FAULTLINE_HOME": str(home / "state"),
            "PYTHONUNBUFFERED": "1",
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def webhook_url(self) -> str:
        return f"{self.url}/webhooks/github"

    def __enter__(self) -> "Service":
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "analyzer", "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._home,  # no .env of somebody's project is read
                start_new_session=True,  # Ctrl-C reaches the demo alone, which then ends the child
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def check(self) -> None:
        """Raises when the process has ended by itself."""
        status = None if self._process is None else self._process.poll()
        if status is not None:
            raise DemoFailed(f"`faultline serve` ended by itself with status {status}")

    def _wait_until_ready(self) -> None:
        deadline = monotonic() + START_TIMEOUT
        while not self._is_ready():
            self.check()
            if monotonic() > deadline:
                raise DemoFailed(f"`faultline serve` was not ready after {START_TIMEOUT:.0f} s")
            sleep(0.1)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Ends the process, and what it started, by their process group."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with contextlib.suppress(ProcessLookupError):  # nobody is left of its group
            os.killpg(process.pid, signal.SIGKILL)

    def tail(self, lines: int = 30) -> str:
        """The end of the log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _inherited() -> dict[str, str]:
    """Our environment without anything that would point the App at a real GitHub or broker."""
    foreign = ("GITHUB_", "FAULTLINE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    sandbox = ("FAULTLINE_SANDBOX", "FAULTLINE_ALLOW_UNSANDBOXED", "FAULTLINE_DEVICE")
    kept |= {name: os.environ[name] for name in sandbox if name in os.environ}
    # the stand-in is on this machine, and a proxy would look for it on its own
    direct = ",".join(filter(None, (kept.get("no_proxy") or kept.get("NO_PROXY"), "127.0.0.1")))
    return kept | {"no_proxy": direct, "NO_PROXY": direct}
