"""Temporary folders of processes that were killed before they could remove them.

Snapshots of private repositories must not outlive their review. Each process of a worker puts its
temporary files into a folder with its number in the name; a worker that starts removes those of
processes that are gone.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

_NAME = re.compile(r"faultline-worker-(\d+)-(\d+)")


def own_folder() -> Path:
    """Makes the folder of this process, and lets `tempfile` use it from now on."""
    base = Path(tempfile.gettempdir())
    if _NAME.fullmatch(base.name):  # a fork inherits that of its parent
        base = base.parent
    folder = base / f"faultline-worker-{os.getpid()}-{_started(os.getpid())}"
    folder.mkdir(mode=0o700, exist_ok=True)
    tempfile.tempdir = str(folder)
    atexit.register(remove)
    return folder


def remove() -> None:
    """Remove the folder of this process at its end."""
    folder = Path(tempfile.gettempdir())
    match = _NAME.fullmatch(folder.name)
    if match and int(match[1]) == os.getpid():
        tempfile.tempdir = str(folder.parent)
        shutil.rmtree(folder, ignore_errors=True)


def clear() -> int:
    """Remove what dead processes left; the number of folders."""
    base = Path(tempfile.gettempdir())
    if _NAME.fullmatch(base.name):
        base = base.parent
    removed = 0
    for folder in base.glob("faultline-worker-*"):
        match = _NAME.fullmatch(folder.name)
        if match and str(_started(int(match[1]))) != match[2]:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _started(pid: int) -> int:
    """When the process began, in ticks since boot; 0 when there is none: numbers are used again."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return int(text.rpartition(")")[2].split()[19])
