"""Programs that take too much: contained quickly, named precisely, and what was seen is kept."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.limits import Limits
from analyzer.sandbox.output import FLOOD_BYTES, ReportStream, Tail
from analyzer.sandbox.watch import (
    SCAN_SECONDS,
    Process,
    Tree,
    process_table,
    proportional_bytes,
    tree_use,
)
from tests.support.sandboxed import SMALL, Programs, trouble_of

SHORT = replace(SMALL, wall_seconds=4.0)


def processes_named(word: str) -> list[str]:
    """Command lines of this machine's processes that contain the word."""
    found = []
    for process in process_table():
        try:
            line = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if word in line:
            found.append(line)
    return found


def gone(word: str) -> bool:
    """Whether they end; the kernel takes a moment to clear a PID namespace."""
    until = time.monotonic() + 3
    while processes_named(word) and time.monotonic() < until:
        time.sleep(0.05)
    return not processes_named(word)


def test_a_program_that_spins(either: Programs) -> None:
    started = time.monotonic()
    seen = either.run("value = 0\nwhile True:\n    value += 1\n", limits=SHORT)
    assert time.monotonic() - started < 8
    trouble = trouble_of(seen)
    assert trouble.cause == "timeout"
    assert trouble.site is not None
    assert trouble.site.line in (2, 3)
    assert trouble.message.startswith("the program had not begun to train after 2 s, at train.py")


def test_a_program_that_blocks_without_running_python(either: Programs) -> None:
    seen = either.run("import time\ntime.sleep(100)\n", limits=SHORT)
    trouble = trouble_of(seen)
    assert (trouble.cause, trouble.site and trouble.site.line) == ("timeout", 2)


def test_a_program_that_stops_its_own_watch(programs: Programs) -> None:
    """The parent's clock does not depend on anything inside."""
    text = """
        import os, signal
        print("stopping", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)
        """
    seen = programs.run(text, limits=SHORT)
    assert trouble_of(seen).cause == "timeout"
    assert trouble_of(seen).message == "the program was stopped after 4 s"
    assert seen.output == "stopping\n"


def test_a_fork_bomb_is_contained(programs: Programs) -> None:
    text = """
        import os, sys
        bomb = (
            "import os  # fork-bomb-4711"
            "\\nwhile True:"
            "\\n    try: os.fork()"
            "\\n    except OSError: pass"
        )
        os.execv(sys.executable, [sys.executable, "-c", bomb])
        """
    started = time.monotonic()
    seen = programs.run(text, limits=replace(SHORT, processes=32))
    assert time.monotonic() - started < 8
    trouble = trouble_of(seen)
    assert trouble.cause == "processes"
    assert "allowed are 32" in trouble.message
    assert gone("fork-bomb-4711")


def test_threads_count_as_processes(programs: Programs) -> None:
    text = """
        import threading, time
        for _ in range(100):
            threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        """
    assert trouble_of(programs.run(text)).cause == "processes"


def test_nothing_survives_the_program(either: Programs) -> None:
    text = """
        import subprocess, sys
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)  # left-behind-4711"])
        """
    assert trouble_of(either.run(text)).cause == "no_model"
    assert gone("left-behind-4711")


def test_a_program_that_eats_memory_by_little(either: Programs) -> None:
    text = """
        kept = []
        while True:
            kept.append(bytearray(b"x") * (16 << 20))
        """
    started = time.monotonic()
    seen = either.run(text, limits=replace(SMALL, memory_bytes=256 * 2**20))
    assert time.monotonic() - started < 10
    trouble = trouble_of(seen)
    assert trouble.cause == "memory"
    assert "allowed are 0.25 GiB" in trouble.message


def test_a_program_that_asks_for_too_much_memory_at_once(either: Programs) -> None:
    seen = either.run("x = 1\ny = bytearray(1 << 42)\n")
    trouble = trouble_of(seen)
    assert (trouble.cause, trouble.message) == ("memory", "out of memory: MemoryError")
    assert trouble.site is not None
    assert trouble.site.line == 2


def test_memory_that_forked_processes_share_counts_once(programs: Programs) -> None:
    text = """
        import os, time
        kept = bytearray(b"x") * (150 << 20)
        children = [os.fork() for _ in range(1)]
        if 0 not in children and os.fork() and os.fork():
            time.sleep(1)
        else:
            time.sleep(0.8)
            os._exit(0)
        """
    assert (
        trouble_of(programs.run(text, limits=replace(SMALL, memory_bytes=300 * 2**20))).cause
        == "no_model"
    )


def test_a_flood_of_output(either: Programs) -> None:
    text = """
        import sys
        while True:
            sys.stdout.write("line of noise\\n" * 10_000)
        """
    seen = either.run(text)
    assert trouble_of(seen).cause == "output"
    assert "64 MiB" in trouble_of(seen).message
    assert seen.output.endswith("noise\n") or "line of" in seen.output[-20:]
    assert len(seen.output) <= SMALL.output_bytes


def test_a_huge_file(either: Programs) -> None:
    text = """
        with open("huge.bin", "wb") as file:
            while True:
                file.write(b"x" * (1 << 20))
        """
    trouble = trouble_of(either.run(text))
    assert trouble.cause == "output"
    assert trouble.message.startswith("a file is larger than allowed: OSError: [Errno")


def test_many_files_together_are_bounded_too(programs: Programs) -> None:
    text = """
        for number in range(200):
            with open(f"{number}.bin", "wb") as file:
                file.write(b"x" * (1 << 20))
        """
    trouble = trouble_of(programs.run(text))
    assert trouble.cause == "output"
    assert "No space left" in trouble.message


def test_a_program_that_kills_itself(either: Programs) -> None:
    seen = either.run("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    assert trouble_of(seen).cause == "killed"
    assert "SIGKILL" in trouble_of(seen).message


def test_a_segmentation_fault_is_a_crash_of_the_program(either: Programs) -> None:
    seen = either.run("import ctypes\nctypes.string_at(0)\n")
    assert trouble_of(seen).cause == "crash"
    assert "SIGSEGV" in trouble_of(seen).message


# The parts by themselves


def test_a_tail_keeps_the_end_and_counts_everything() -> None:
    tail = Tail(keep=10)
    for _ in range(100):
        tail.feed(b"0123456789abc")
    assert (tail.text(), tail.total) == ("3456789abc", 1300)
    assert not tail.flooded
    tail.feed(b"x" * FLOOD_BYTES)
    assert tail.flooded


def test_a_report_stream_keeps_the_newest_line() -> None:
    stream = ReportStream(result_bytes=100)
    for part in (b'H {}\nP {"a"', b":1}\nP {2", b"}\nP unfinished"):
        stream.feed(part)
    assert (stream.alive, stream.final, stream.breach) == (True, False, None)
    assert stream.report == b"{2}"
    stream.feed(b"\nF {3}\nP {4}\n")
    assert (stream.final, stream.report) == (True, b"{3}")


@pytest.mark.parametrize(
    ("data", "breach"),
    [
        (b"hello\n", "a line begins with b'hello'"),
        (b"P " + b"x" * 200, "a line is longer than 100 bytes"),
        (b"P {}\n" * 2000, "there were more than 6,400 bytes of it"),
    ],
)
def test_a_report_stream_refuses_what_is_no_report(data: bytes, breach: str) -> None:
    stream = ReportStream(result_bytes=100)
    stream.feed(data)
    assert stream.breach == breach


def test_the_use_of_a_tree_is_the_sum_of_its_processes() -> None:
    table = [Process(1, 0, 1, 10), Process(7, 5, 2, 20), Process(5, 1, 3, 40), Process(6, 1, 1, 80)]
    use = tree_use(table, 5)
    assert (use.memory_bytes, use.threads, sorted(use.pids)) == (60, 5, [5, 7])
    assert tree_use(table, 99).pids == ()


def test_a_tree_is_looked_at_again_and_finds_new_processes() -> None:
    code = "import subprocess, sys; print(flush=True); input(); "
    code += "c = subprocess.Popen(['sleep', '60']); print(flush=True); input(); c.kill()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        tree = Tree(process.pid)
        assert tree.use().pids == (process.pid,)
        again = tree.use()  # too soon to read the whole table
        assert again.pids == (process.pid,)
        assert again.memory_bytes > 0
        assert tree.use(without=process.pid).pids == ()
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        time.sleep(SCAN_SECONDS)
        assert len(tree.use().pids) == 2
        assert len(tree.use().pids) == 2
        process.stdin.write(b"\n")
    assert tree.use().pids == ()


def test_the_process_table_knows_this_process() -> None:
    (own,) = [process for process in process_table() if process.pid == os.getpid()]
    assert own.parent == os.getppid()
    proportional = proportional_bytes((own.pid,))
    assert proportional is not None
    assert 0 < proportional <= own.resident_bytes * 1.2


def test_the_default_limits_hold_a_framework() -> None:
    assert Limits().memory_bytes >= 4 * 2**30
    assert Limits().processes >= 256
