"""Is this body GitHub's? Decided on the raw bytes, before anything is parsed."""

from __future__ import annotations

import hashlib
import hmac

PREFIX = "sha256="


def sign(secret: bytes, body: bytes) -> str:
    """The value of X-Hub-Signature-256 for this body."""
    return PREFIX + hmac.new(secret, body, hashlib.sha256).hexdigest()


def is_signed(secret: bytes, body: bytes, header: str | None) -> bool:
    """Whether the header is the SHA-256 signature of the body.

    The old SHA-1 header is never looked at. The comparison takes the same time wherever the first
    difference is; it works on bytes, because a header may hold any of them.
    """
    if not secret or not header:
        return False
    expected = sign(secret, body).encode()
    return hmac.compare_digest(expected, header.encode("latin-1", "replace"))
