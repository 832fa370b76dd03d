"""Commands in a comment: lines that begin with /faultline, outside code and quotations. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from worker.messages import Command

MOST_COMMANDS = 5  # of one comment; the rest is ignored
LONGEST_WORD = 100

_COMMAND = re.compile(r"/faultline(?:[ \t]+(\S+))?(?:[ \t]+(\S+))?(?:[ \t].*)?[ \t]*", re.ASCII)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


def read_commands(body: str) -> tuple[Command, ...]:
    """The commands of a comment in their order, each distinct one once.

    A line that begins with a space, a ">" or anything else is no command: so one can be quoted or
    talked about.
    """
    found = dict.fromkeys(_commands(body))
    return tuple(found)[:MOST_COMMANDS]


def _commands(body: str) -> Iterator[Command]:
    if "/faultline" not in body:
        return
    for line in _prose(re.split(r"\r\n|\n|\r", body)):
        match = _COMMAND.fullmatch(line)
        if match is not None:
            name, argument = match[1] or "help", match[2] or ""
            yield Command(name[:LONGEST_WORD].lower(), argument[:LONGEST_WORD])


def _prose(lines: list[str]) -> Iterator[str]:
    """The lines outside fenced code and outside HTML comments, which GitHub does not show."""
    fence = ""
    is_hidden = False
    for line in lines:
        mark = _FENCE.fullmatch(line)
        if fence:
            fence = "" if mark and _closes(mark, fence) else fence
        elif is_hidden:
            is_hidden = "-->" not in line
        elif mark and not (mark[1][0] == "`" and "`" in mark[2]):
            fence = mark[1]
        else:
            is_hidden = line.rfind("<!--") > line.rfind("-->")
            yield line


def _closes(mark: re.Match[str], fence: str) -> bool:
    return mark[1].startswith(fence) and not mark[2].strip()
