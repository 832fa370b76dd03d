"""Log lines: a constant event with fields, as text or JSON, never with a secret in it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

_SECRETS = (
    # GitHub's tokens: old ones of 40 characters and new ones of 520 with dots in them
    re.compile(r"\b(?:gh[a-z]_|github_pat_)[A-Za-z0-9._\-]{10,}"),
    re.compile(r"\beyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+"),  # JSON web tokens
    re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S
    ),
    re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"),  # user:password in a URL
    re.compile(
        r"(?i)\b(?:authorization|bearer|token)\b[\"']?[=: ]+(?:bearer |token )?[^\s\"',;]{16,}"
    ),
)
MASK = "[secret]"
# C0 and C1 controls, DEL, line and paragraph separators, and what turns the direction of writing
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {
    *("message", "asctime", "taskName"),
    "color_message",  # uvicorn's second copy of its text
}
_context: ContextVar[Mapping[str, object]] = ContextVar("log_context", default={})  # noqa: B039


def redact(text: str) -> str:
    """The text with everything that looks like a secret masked."""
    for pattern in _SECRETS:
        text = pattern.sub(MASK, text)
    return text


@contextmanager
def log_context(**fields: object) -> Iterator[None]:
    """Fields that every line inside carries, such as the delivery's number."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def note(**fields: object) -> None:
    """Fields that every further line carries until the `log_context` around it ends.

    Outside of one nothing would ever take them back, so nothing is noted.
    """
    if known := _context.get():
        _context.set({**known, **fields})


def one_line(text: str) -> str:
    """The text without line ends and control characters: nobody writes log lines of his own."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """What came as `extra`, but for Celery's copy of everything that its text says already."""
    if record.name.startswith("celery"):
        return dict(_context.get())
    own = {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
    return {**_context.get(), **own}


class TextFormatter(logging.Formatter):
    """One line for a person: time, level, event, fields."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        fields = " ".join(f"{key}={value}" for key, value in _fields(record).items())
        line = f"{moment:%H:%M:%S} {record.levelname.lower():7} {record.getMessage()}"
        if fields:
            line += f"  {fields}"
        line = one_line(line)
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return redact(line)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        masked = {key: redact(v) if isinstance(v, str) else v for key, v in entry.items()}
        return json.dumps(masked, default=lambda value: redact(str(value)), ensure_ascii=False)


def configure(kind: Literal["text", "json"]) -> None:
    """Log to standard error from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if kind == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "httpcore", "amqp"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
