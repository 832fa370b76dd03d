"""The App as its own processes: `faultline serve`, `faultline worker`, `redis-server`."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

FAULTLINE = Path(sys.executable).parent / "faultline"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(
    command: list[str], folder: Path, log: str, settings: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A running process; ended when the block is left, its output kept in `folder`/`log`."""
    passed = ("PYTHONPATH", "PATH", "HOME", "VIRTUAL_ENV", "TMPDIR")
    environment = {name: os.environ[name] for name in passed if name in os.environ}
    with (folder / log).open("ab") as out:
        started = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, **(settings or {})},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield started
    finally:
        end(started)


def end(started: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and SIGKILL for what does not listen."""
    if started.poll() is None:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def wait_until(what: Callable[[], object], seconds: float, folder: Path) -> None:
    """Fails with the processes' output when it does not become true."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            logs = "\n".join(f"== {p.name}\n{p.read_text()[-6000:]}" for p in folder.glob("*.log"))
            raise AssertionError(f"not true within {seconds:.0f} s\n{logs}")
        time.sleep(0.05)


@contextmanager
def serve(folder: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """The address of a `faultline serve` that answers."""
    port = free_port()
    all_settings = {
        "FAULTLINE_HOME": str(folder / "home"),
        "FAULTLINE_PORT": str(port),
        "FAULTLINE_CONCURRENCY": "2",
        **settings,
    }
    url = f"http://127.0.0.1:{port}"
    with process([str(FAULTLINE), "serve"], folder, "serve.log", all_settings) as started:
        wait_until(lambda: started.poll() is not None or answers(url), 60, folder)
        assert started.poll() is None, (folder / "serve.log").read_text()
        yield url


def answers(url: str) -> bool:
    """Whether the App is up."""
    try:
        return httpx.get(f"{url}/healthz", trust_env=False, timeout=2).is_success
    except httpx.TransportError:
        return False


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """The URL of a redis-server of our own."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with process(command, folder, "redis.log"):
        wait_until(lambda: b"Ready to accept" in (folder / "redis.log").read_bytes(), 20, folder)
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def worker(folder: Path, settings: Mapping[str, str], *flags: str) -> Iterator[None]:
    """A `faultline worker`."""
    everything = {"FAULTLINE_HOME": str(folder / "home"), "FAULTLINE_CONCURRENCY": "2", **settings}
    command = [str(FAULTLINE), "worker", *flags]
    with process(command, folder, "worker.log", everything):
        yield
