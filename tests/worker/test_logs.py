import json
import logging
import sys

import pytest

from worker.logs import MASK, JsonFormatter, TextFormatter, log_context, note, redact

OLD = "ghs_" + "a1B2" * 9
NEW = "ghs_123456_" + "eyJhbGciOi.J9-_xyz." * 25 + "end"
SECRETS = [
    OLD,
    NEW,
    "ghp_" + "x" * 36,
    "github_pat_" + "x" * 60,
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2lnbmF0dXJl-_",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIEow cut off",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_survives(secret: str) -> None:
    for text in (
        secret,
        f"x={secret}",
        f"https://x-access-token:{secret}@host/r.git",
        f"'{secret}'",
    ):
        masked = redact(f"before {text} after")
        assert MASK in masked
        assert not any(part in masked for part in secret.split(".") if len(part) > 8)


def test_urls_and_headers() -> None:
    assert redact("postgresql://user:pa55@host/db") == f"postgresql://{MASK}@host/db"
    assert redact("redis://:pa55@host:1") == f"redis://{MASK}@host:1"
    assert "abcdefghijklmnopqrst" not in redact("Authorization: Bearer abcdefghijklmnopqrst")


def test_ordinary_text_stays() -> None:
    text = "https://api.github.com/repos/o/r/pulls/7 said 404; the tokens were fine; see ghs_x"
    assert redact(text) == text


def record(**fields: object) -> logging.LogRecord:
    try:
        raise ValueError(f"bad {OLD}")
    except ValueError:
        error = sys.exc_info()
    made = logging.LogRecord("a.b", logging.WARNING, "f", 1, "it %s", ("happened",), error)
    made.__dict__.update(fields)
    return made


def test_json_lines_hold_fields_and_no_secret() -> None:
    with log_context(delivery="guid-1"):
        line = JsonFormatter().format(record(run=3, url=f"x {NEW}"))
    entry = json.loads(line)
    assert entry["event"] == "it happened"
    assert (entry["delivery"], entry["run"], entry["level"]) == ("guid-1", 3, "warning")
    assert entry["url"] == f"x {MASK}"
    assert OLD not in line
    assert "ValueError" in entry["exception"]


def test_text_lines_hold_fields_and_no_secret() -> None:
    with log_context(delivery="guid-1"):
        line = TextFormatter().format(record(run=3))
    assert "warning it happened  delivery=guid-1 run=3" in line
    assert OLD not in line
    assert "delivery" not in TextFormatter().format(record())


def test_a_field_writes_no_line_of_its_own() -> None:
    forged = "over\r\n12:00:00 error   all is lost\u2028\x1b[2J"
    made = logging.LogRecord("a.b", logging.INFO, "f", 1, "it %s", (forged,), None)
    made.__dict__["reason"] = forged
    line = TextFormatter().format(made)
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert len(JsonFormatter().format(made).split("\n")) == 1


def test_a_number_that_becomes_known_is_in_the_lines_that_follow() -> None:
    note(run=6)  # outside: it would stay for ever
    with log_context(delivery="guid-1"):
        assert "run=" not in TextFormatter().format(record())
        note(run=7)
        assert "delivery=guid-1 run=7" in TextFormatter().format(record())
    assert "run=" not in TextFormatter().format(record())
