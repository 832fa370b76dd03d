"""The bubblewrap command line: what the program can see, and nothing else.

Two ways, because RLIMIT_NPROC never binds root:

* The caller is root: no user namespace; the child keeps CAP_SETUID and CAP_SETGID only and becomes
  a user that nobody else has, before any code of the program runs. From then on it has no
  capabilities, and "no new privileges" keeps it so.
* The caller is an ordinary user: an own user namespace, no capabilities, further user namespaces
  switched off; since Linux 5.14 the kernel counts processes per user namespace.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from analyzer.errors import SandboxError
from analyzer.limits import Limits
from analyzer.options import Mount
from analyzer.sandbox.environment import HOME
from analyzer.sandbox.interpreter import Interpreter

PROGRAM = "/program"
INSIDE = "/faultline/inside"
SYSTEM_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl/certs",
)
# systemd leaves 1879048192..2147483647 unused; inside a container only 65536 users may exist.
UNUSED_UIDS = range(1_879_048_192, 2_147_483_647)
SMALL_UIDS = range(61_184, 65_520)
GPU_NODES = ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-caps")


@dataclass(frozen=True, slots=True)
class View:
    """What the sandbox shows.

    Attributes:
        interpreter: the program's Python.
        mounts: read-only, absolute or relative to the program's root.
        inside: the folder of our own code that runs inside.
        uid: the private user that the child becomes, None for an ordinary caller.
        gpu: whether the graphics devices are shown.
    """

    interpreter: Interpreter
    mounts: tuple[Mount, ...]
    inside: Path
    uid: int | None
    gpu: bool


def find() -> str:
    """Path of bwrap.

    Raises:
        SandboxError: it is not installed.
    """
    path = shutil.which("bwrap")
    if path is None:
        raise SandboxError(
            "bubblewrap is not installed: expected the command bwrap on PATH; "
            "install the package bubblewrap"
        )
    return path


def private_uid() -> int | None:
    """An unused user for one run when we are root, else None."""
    if os.geteuid() != 0:
        return None
    last = _mapped_uids()
    uids = UNUSED_UIDS if last > UNUSED_UIDS.stop else SMALL_UIDS
    return secrets.choice(uids)


def _mapped_uids() -> int:
    """One past the highest user number that exists in our own user namespace."""
    lines = Path("/proc/self/uid_map").read_text().split("\n")
    rows = [[int(word) for word in line.split()] for line in lines if line.strip()]
    return max(inside + length for inside, _, length in rows)


def command(view: View, limits: Limits, environment: Mapping[str, str]) -> list[str]:
    """bwrap's arguments up to the program to start, which the caller appends."""
    # What lies in these folders is memory too, and the watch on processes does not see it.
    room = str(min(limits.file_bytes, limits.memory_bytes // 4))
    return [
        find(),
        *_namespaces(view.uid),
        *("--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"),
        *_pairs("--setenv", environment.items()),
        *_system(),
        *_read_only([Mount(view.inside, INSIDE)]),
        *("--proc", "/proc", "--dev", "/dev", *_gpu(view.gpu)),
        *_room("/dev/shm", room),
        *_room("/tmp", room),
        *("--perms", "0777", "--dir", HOME),
        *_room(PROGRAM, room),
        # after the private folders, because an environment may lie below /tmp
        *_read_only(Mount(folder, str(folder)) for folder in view.interpreter.folders),
        *_read_only(view.mounts),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", PROGRAM),
    ]


def _namespaces(uid: int | None) -> list[str]:
    common = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    common += ["--unshare-cgroup-try", "--cap-drop", "ALL"]
    if uid is not None:
        return [*common, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    user = ["--unshare-user"]
    if _version() >= (0, 8):
        user.append("--disable-userns")
    return [*user, *common]


@lru_cache(maxsize=1)
def _version() -> tuple[int, ...]:
    answer = subprocess.run([find(), "--version"], capture_output=True, text=True, check=False)
    words = answer.stdout.split()
    return tuple(int(part) for part in words[-1].split(".") if part.isdigit()) if words else (0,)


def _system() -> list[str]:
    """The system's programs and libraries, and the few settings that the C library reads."""
    arguments = ["--ro-bind", "/usr", "/usr"]
    for folder in SYSTEM_LINKS:
        path = Path(folder)
        if path.is_symlink():
            arguments += ["--symlink", os.readlink(path), folder]
        elif path.is_dir():
            arguments += ["--ro-bind", folder, folder]
    return [*arguments, *_triples("--ro-bind-try", ((path, path) for path in SYSTEM_FILES))]


def has_gpu() -> bool:
    """Whether this machine has a CUDA device to show."""
    return any(Path("/dev").glob("nvidia[0-9]*"))


def _gpu(shown: bool) -> list[str]:
    if not shown:
        return []
    cards = sorted(str(path) for path in Path("/dev").glob("nvidia[0-9]*"))
    nodes = ((node, node) for node in (*cards, *GPU_NODES))
    return [*_triples("--dev-bind-try", nodes), "--ro-bind-try", "/sys", "/sys"]


def _room(path: str, size: str) -> list[str]:
    """A private writable folder in memory, of bounded size."""
    return ["--perms", "1777", "--size", size, "--tmpfs", path]


def _read_only(mounts: Iterable[Mount]) -> list[str]:
    """Show each mount; the folders above it are made by us, since bwrap's own are closed to all."""
    arguments: list[str] = []
    made: set[Path] = set()
    for mount in mounts:
        place = Path(os.path.normpath(os.path.join(PROGRAM, mount.inside)))
        for folder in reversed(place.parents[:-1]):
            if folder not in made:
                mode = "0777" if folder.is_relative_to(PROGRAM) else "0755"
                arguments += ["--perms", mode, "--dir", str(folder)]
                made.add(folder)
        arguments += ["--ro-bind", str(mount.host), str(place)]
    return arguments


def _pairs(option: str, items: Iterable[tuple[str, str]]) -> list[str]:
    return [word for name, value in items for word in (option, name, value)]


def _triples(option: str, items: Iterable[Sequence[str]]) -> list[str]:
    return [word for host, inside in items for word in (option, host, inside)]
