"""Load check of the receiver: signed deliveries, none lost, none doubled; Probot as a yardstick.

    .venv/bin/python tests/load.py --rate 500 --seconds 20 --probot

Starts `faultline serve` without credentials of a real App, so that deliveries stay in the inbox,
and sends deliveries at a steady rate (one in ten twice, as GitHub may); a time to acknowledgement
counts from the moment at which the delivery was due, so that a server that falls behind cannot
hide it. Then as many as it takes over a few connections. With --probot the same goes to Probot
(installed by npm into `.cache/`), which stores nothing. Exit status 1 when a delivery is missing,
doubled or refused.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import service
from tests.support.deliveries import SECRET, encode, headers, pull_request_payload
from worker.demo.github_standin.keys import new_private_key

ROOT = Path(__file__).resolve().parents[1]
PROBOT = "14.3.2"
PADDING = "x" * 20_000  # a real pull_request payload has about this size, in bytes


@dataclass
class Result:
    """Times to acknowledgement in seconds, statuses, wall time and the server's processor time."""

    times: list[float]
    statuses: Counter[int]
    seconds: float
    busy: float

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def show(self, name: str) -> None:
        ordered = sorted(self.times)
        shares = {share: ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.99, 1.0)}
        told = ", ".join(f"p{100 * share:g} {1000 * t:.0f} ms" for share, t in shares.items())
        cost = 1000 * self.busy / len(ordered)
        print(f"{name}: {len(ordered)} in {self.seconds:.1f} s, {self.rate:.0f} a second; {told};")
        print(
            f"    {cost:.2f} ms of processor time each; statuses {dict(self.statuses)}", flush=True
        )


def request(guid: str, number: int) -> bytes:
    """The whole request as it goes over the wire; every number is another pull request."""
    body = encode(pull_request_payload(number=number + 1) | {"padding": PADDING})
    head = {
        "Host": "127.0.0.1",
        "Content-Length": str(len(body)),
        "User-Agent": "GitHub-Hookshot/0000000",
        **headers(body, guid=guid),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST /webhooks/github HTTP/1.1\r\n{lines}\r\n".encode() + body


def requests(prefix: str, count: int) -> list[bytes]:
    """So many requests, one in eleven of them a repeat."""
    made: list[bytes] = []
    while len(made) < count:
        number = len(made)
        made.append(request(f"{prefix}-{number}", number))
        if number % 11 == 0:
            made.append(made[-1])
    return made[:count]


async def send(port: int, raw: list[bytes], connections: int, rate: float | None) -> Result:
    """All of them; with a rate each at its time, else as fast as answers come.

    Plain sockets: an HTTP client of Python costs more than the receiver itself.
    """
    server = server_process(port)
    before, started = sum(server.cpu_times()[:2]), time.perf_counter()
    waiting = iter(enumerate(raw))
    times: list[float] = []
    statuses: Counter[int] = Counter()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number, one in waiting:
            due = time.perf_counter() if rate is None else started + number / rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            writer.write(one)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = [line for line in answer.lower().split(b"\r\n") if b"content-length" in line]
            await reader.readexactly(int(length[0].split(b":")[1]) if length else 0)
            times.append(time.perf_counter() - due)
            statuses[int(answer.split(b" ")[1])] += 1
        writer.close()

    await asyncio.gather(*(connection() for _ in range(connections)))
    seconds = time.perf_counter() - started
    return Result(times, statuses, seconds, sum(server.cpu_times()[:2]) - before)


def server_process(port: int) -> psutil.Process:
    """The child of ours that listens on the port."""
    for child in psutil.Process().children(recursive=True):
        if any(one.laddr.port == port for one in child.net_connections("tcp")):
            return child
    raise RuntimeError(f"expected a child process that listens on port {port}, found none")


@contextlib.contextmanager
def probot(folder: Path) -> Iterator[int]:
    """The port of a Probot app that does nothing."""
    home = ROOT / ".cache" / f"probot-{PROBOT}"
    if not (home / "node_modules" / "probot").is_dir():
        home.mkdir(parents=True, exist_ok=True)
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(home)]
        subprocess.run([*npm, f"probot@{PROBOT}"], check=True)
    script, key, port = home / "server.mjs", folder / "key.pem", service.free_port()
    shutil.copy(ROOT / "tests" / "support" / "probot.mjs", script)
    key.write_text(new_private_key())
    settings = {"PORT": str(port), "KEY": str(key), "SECRET": SECRET, "NODE_ENV": "production"}
    with service.process(["node", str(script)], folder, "probot.log", settings):
        log = folder / "probot.log"
        service.wait_until(lambda: "listening" in log.read_text(), 60, folder)
        yield port


def measure(name: str, port: int, chosen: argparse.Namespace) -> tuple[Result, Result]:
    """At the steady rate, and as fast as it goes."""
    steady_raw = requests("steady", int(chosen.rate * chosen.seconds))
    most_raw = requests("most", int(chosen.rate * chosen.seconds))
    steady = asyncio.run(send(port, steady_raw, 200, chosen.rate))
    steady.show(f"{name} at {chosen.rate:g} a second")
    most = asyncio.run(send(port, most_raw, chosen.connections, None))
    most.show(f"{name} over {chosen.connections} connections")
    return steady, most


def stored(folder: Path, count: int) -> list[str]:
    """What is not as it should be in the inbox."""
    database = sqlite3.connect(folder / "home" / "faultline.db")
    found = Counter(guid for (guid,) in database.execute("SELECT guid FROM deliveries"))
    sent = {f"{kind}-{number}" for kind in ("steady", "most") for number in _numbers(count)}
    troubles = [f"{len(sent - set(found))} lost"] if sent - set(found) else []
    return troubles + [f"{guid} stored {times} times" for guid, times in found.items() if times > 1]


def _numbers(count: int) -> list[int]:
    numbers: list[int] = []
    made = 0
    while made < count:
        numbers.append(made)
        made += 2 if made % 11 == 0 else 1
    return numbers


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rate", type=float, default=500.0)
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--connections", type=int, default=20)
    options.add_argument("--probot", action="store_true")
    chosen = options.parse_args()
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with service.serve(folder, {"GITHUB_WEBHOOK_SECRET": SECRET}) as url:
            ours = measure("faultline", int(url.rpartition(":")[2]), chosen)
        troubles = stored(folder, int(chosen.rate * chosen.seconds))
        if chosen.probot:
            with probot(folder) as port:
                theirs = measure("probot", port, chosen)
            print(f"ratio of the most a second: {ours[1].rate / theirs[1].rate:.2f}")
    refused = [one.statuses for one in ours if set(one.statuses) != {202}]
    print("\n".join(troubles) or "all stored, none doubled")
    return 1 if troubles or refused else 0


if __name__ == "__main__":
    sys.exit(main())
