"""Load check of the receiver: signed deliveries over a few connections, none lost, none doubled.

    .venv/bin/python tests/load.py --deliveries 1000 --connections 20

Starts `faultline serve` without credentials of a real App, so that deliveries stay in the inbox,
sends them (one in ten twice, as GitHub may), and counts the rows. Prints the rate and the times to
acknowledgement; exit status 1 when a delivery is missing, doubled or refused.
"""

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import service
from tests.support.deliveries import SECRET, encode, headers, pull_request_payload

Sent = tuple[list[float], Counter[int]]
PADDING = "x" * 20_000  # a real pull_request payload has about this size, in bytes


def delivery(number: int) -> tuple[bytes, dict[str, str]]:
    """One signed delivery; every number is another pull request."""
    payload = pull_request_payload(number=number + 1) | {"padding": PADDING}
    body = encode(payload)
    return body, headers(body, guid=f"load-{number}")


def request(number: int) -> bytes:
    """The whole request as it goes over the wire."""
    body, named = delivery(number)
    head = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **named}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST /webhooks/github HTTP/1.1\r\n{lines}\r\n".encode() + body


async def send_all(port: int, requests: list[bytes], connections: int) -> Sent:
    """Times to acknowledgement in seconds, and the statuses.

    Plain sockets: an HTTP client of Python costs more than the receiver itself.
    """
    waiting = iter(requests)
    times: list[float] = []
    statuses: Counter[int] = Counter()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for raw in waiting:
            started = time.perf_counter()
            writer.write(raw)
            answer = await reader.readuntil(b"\r\n\r\n")
            times.append(time.perf_counter() - started)
            statuses[int(answer.split(b" ")[1])] += 1
        writer.close()

    await asyncio.gather(*(connection() for _ in range(connections)))
    return times, statuses


def server_process(port: int) -> psutil.Process:
    """The child of ours that listens on the port."""
    for child in psutil.Process().children():
        if any(one.laddr.port == port for one in child.net_connections("tcp")):
            return child
    raise RuntimeError(f"expected a child process that listens on port {port}, found none")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--deliveries", type=int, default=1000)
    options.add_argument("--connections", type=int, default=20)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        numbers = [n for n in range(chosen.deliveries) for _ in range(2 if n % 10 == 0 else 1)]
        requests = [request(number) for number in numbers]
        with service.serve(folder, {"GITHUB_WEBHOOK_SECRET": SECRET}) as url:
            server = server_process(int(url.rpartition(":")[2]))
            before, started = sum(server.cpu_times()[:2]), time.perf_counter()
            sent = send_all(int(url.rpartition(":")[2]), requests, chosen.connections)
            times, statuses = asyncio.run(sent)
            seconds = time.perf_counter() - started
            busy = sum(server.cpu_times()[:2]) - before
        database = sqlite3.connect(folder / "home" / "faultline.db")
        rows = database.execute("SELECT guid FROM deliveries").fetchall()
    stored = {guid for (guid,) in rows}
    expected = {f"load-{number}" for number in range(chosen.deliveries)}
    times.sort()
    print(f"{len(times)} requests in {seconds:.1f} s: {len(times) / seconds:.0f} a second")
    print(f"  processor time of the receiver: {1000 * busy / len(times):.2f} ms a request")
    for share in (0.5, 0.9, 0.99, 1.0):
        slowest = times[min(len(times) - 1, int(share * len(times)))]
        print(f"  p{share * 100:g}: {1000 * slowest:.0f} ms")
    print(f"statuses {dict(statuses)}; lost {len(expected - stored)}, rows {len(rows)}")
    return 0 if stored == expected and len(rows) == len(stored) and set(statuses) == {202} else 1


if __name__ == "__main__":
    sys.exit(main())
