"""Text of programs and people as databases, GitHub and terminals take it. Pure."""

from __future__ import annotations

import re

# control characters (PostgreSQL refuses NUL, terminals obey escapes) and lone surrogates, which
# have no UTF-8; line ends and tabs are white space and stay
_UNPRINTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    """The text with a replacement character for each that nobody prints on purpose."""
    return _UNPRINTED.sub("\ufffd", text)
