"""How much memory and how many processes a running sandbox uses, read from /proc.

The tree is found by parents: inside a PID namespace orphans fall to its first process, which is a
descendant of the process that we started, so nothing leaves the tree.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SCAN_SECONDS = 0.25
"""How often new processes of a sandbox are looked for."""
# Positions in /proc/PID/stat after the command's closing parenthesis (proc(5), fields 4, 20, 24).
PARENT, THREADS, RESIDENT = 1, 17, 21


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the process table."""

    pid: int
    parent: int
    threads: int
    resident_bytes: int


@dataclass(frozen=True, slots=True)
class Use:
    """What a process tree uses.

    Attributes:
        memory_bytes: resident memory summed over processes; pages shared between them count each
            time, so this can only be too high.
        threads: threads of all processes together.
        pids: of all processes, the first one's descendants included.
    """

    memory_bytes: int
    threads: int
    pids: tuple[int, ...]


def process_table() -> list[Process]:
    """Every process that /proc shows."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [process for pid in pids if (process := _read(pid)) is not None]


def _read(pid: int) -> Process | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:  # it ended meanwhile
        return None
    if len(fields) <= RESIDENT:
        return None
    resident = int(fields[RESIDENT]) * PAGE_BYTES
    return Process(pid, int(fields[PARENT]), int(fields[THREADS]), resident)


def tree_use(table: list[Process], first: int, without: int | None = None) -> Use:
    """What the process `first` and its descendants use; one of them may be left out."""
    children: dict[int, list[Process]] = {}
    for process in table:
        children.setdefault(process.parent, []).append(process)
    tree = [process for process in table if process.pid == first]
    for process in tree:  # grows while it is read
        tree.extend(children.get(process.pid, ()))
    tree = [process for process in tree if process.pid != without]
    return Use(
        memory_bytes=sum(process.resident_bytes for process in tree),
        threads=sum(process.threads for process in tree),
        pids=tuple(process.pid for process in tree),
    )


class Tree:
    """A process with its descendants, looked at again and again.

    Reading the whole process table takes longer than a poll should; between two readings the
    processes that are known are looked at alone.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._known: tuple[int, ...] = ()
        self._scanned = -SCAN_SECONDS

    def use(self, without: int | None = None) -> Use:
        """What they use now; one of them may be left out."""
        now = time.monotonic()
        if now - self._scanned >= SCAN_SECONDS:
            self._scanned, table = now, process_table()
            self._known = tree_use(table, self._first).pids
        else:
            table = [process for pid in self._known if (process := _read(pid)) is not None]
        return tree_use(table, self._first, without)


def proportional_bytes(pids: tuple[int, ...]) -> int | None:
    """Memory with shared pages divided among those who share them; None when not readable.

    Slower than `tree_use`, so it is asked only when that sum is above the bound: forked data
    loaders share most of their pages with their parent.
    """
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
                lines = file.read().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        except OSError:
            return None
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:"))
    return total
