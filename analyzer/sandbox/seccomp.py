"""The system-call filter of the sandbox, as a classic BPF program for `bwrap --seccomp`.

A deny list of calls that no training program needs and that reach deep into the kernel: new user
namespaces, mounting, tracing other processes, kernel keys, BPF, performance counters, io_uring,
userfaultfd, raw clocks and modules. Denied calls fail with EPERM; `clone3` with ENOSYS, because
its flags lie in memory where a filter cannot look, and the C library then falls back to `clone`.
Sources: seccomp(2), linux/filter.h, the list is near Flatpak's `flatpak-run.c`.
"""

from __future__ import annotations

import errno
import platform
import struct
from dataclasses import dataclass

LOAD, JUMP_EQUAL, JUMP_SET, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, ARGUMENT_0 = 0, 4, 16  # offsets in struct seccomp_data
CLONE_NEWUSER = 0x10000000
X32_BIT = 0x40000000


@dataclass(frozen=True, slots=True)
class Machine:
    """One architecture's numbers (AUDIT_ARCH_* and unistd.h)."""

    audit: int
    denied: tuple[int, ...]
    unshare: int
    clone: int
    clone3: int = 435


# pivot_root mount umount2 swapon swapoff reboot init_module delete_module finit_module kexec_load
# ptrace acct settimeofday add_key request_key keyctl move_pages process_vm_readv
# process_vm_writev kexec_file_load bpf userfaultfd perf_event_open open_by_handle_at setns
# io_uring_setup io_uring_enter io_uring_register open_tree move_mount fsopen fsconfig fsmount
# mount_setattr pidfd_getfd
NEW_CALLS = (425, 426, 427, 428, 429, 430, 431, 432, 442, 438)  # the same on every architecture
MACHINES = {
    "x86_64": Machine(
        audit=0xC000003E,
        denied=(
            *(155, 165, 166, 167, 168, 169, 175, 176, 313, 246, 101, 163, 164, 248, 249, 250),
            *(279, 310, 311, 320, 321, 323, 298, 304, 308, *NEW_CALLS),
        ),
        unshare=272,
        clone=56,
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        denied=(
            *(41, 40, 39, 224, 225, 142, 105, 106, 273, 104, 117, 89, 170, 217, 218, 219),
            *(239, 270, 271, 294, 280, 282, 241, 265, 268, *NEW_CALLS),
        ),
        unshare=97,
        clone=220,
    ),
}


def program(machine: str | None = None) -> bytes | None:
    """The filter for this machine, None for an architecture that is not in the table."""
    numbers = MACHINES.get(machine or platform.machine())
    if numbers is None:
        return None
    lines = [_line(LOAD, ARCHITECTURE), _line(JUMP_EQUAL, numbers.audit, 1, 0), _line(RETURN, KILL)]
    lines.append(_line(LOAD, NUMBER))
    if numbers.audit == MACHINES["x86_64"].audit:
        lines += [_line(JUMP_SET, X32_BIT, 0, 1), _refuse(errno.EPERM)]
    for call in numbers.denied:
        lines += [_line(JUMP_EQUAL, call, 0, 1), _refuse(errno.EPERM)]
    lines += [_line(JUMP_EQUAL, numbers.clone3, 0, 1), _refuse(errno.ENOSYS)]
    for call in (numbers.unshare, numbers.clone):
        lines += [
            _line(JUMP_EQUAL, call, 0, 4),
            _line(LOAD, ARGUMENT_0),
            _line(JUMP_SET, CLONE_NEWUSER, 0, 1),
            _refuse(errno.EPERM),
            _line(RETURN, ALLOW),
        ]
    return b"".join([*lines, _line(RETURN, ALLOW)])


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One struct sock_filter."""
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refuse(number: int) -> bytes:
    return _line(RETURN, ERRNO | number)
