"""What comes out of the sandbox is not trusted: garbage, huge, deep, forged."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.observed import Observation
from analyzer.sandbox.protocol import Request, parse_observation
from tests.support.sandboxed import Programs, trouble_of

SITE = {"path": "train.py", "line": 3, "column": 0, "end_line": 3, "end_column": 5}
LAYER = {"index": 0, "type": "Dense", "op": "dense", "name": "dense", "site": SITE}


def test_a_report_with_numbers_that_are_not_finite() -> None:
    facts = {"trace": {"steps": 2, "loss": ["NaN", "Infinity"]}, "graph": {"layers": [LAYER]}}
    seen = parse_observation(json.dumps(facts).encode())
    assert seen.trouble is None
    assert seen.trace is not None
    assert [str(loss) for loss in seen.trace.loss] == ["nan", "inf"]
    assert seen.graph is not None
    assert seen.graph.layers[0].site is not None


def test_what_is_sent_can_be_read_again() -> None:
    facts = {"trace": {"steps": 2, "loss": ["NaN", 1.5]}, "graph": {"layers": [LAYER]}}
    seen = Observation.model_validate(facts)
    again = parse_observation(seen.model_dump_json().encode())
    assert again.model_dump_json() == seen.model_dump_json()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"null",
        b"[1, 2]",
        b'{"graph": ',
        b'{"surprise": 1}',
        b'{"trace": {"steps": ' + b"9" * 1000 + b"}}",
        b'{"graph": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"graph": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001,
        json.dumps({"output": "x" * 30_000}).encode(),
        b" " * (17 * 2**20),
    ],
    ids=[
        *("empty", "binary", "null", "list", "cut", "unknown", "number"),
        *("deep", "deep-objects", "long-text", "huge"),
    ],
)
def test_a_breach_is_a_trouble_and_never_an_error(data: bytes) -> None:
    started = time.monotonic()
    trouble = trouble_of(parse_observation(data))
    assert trouble.cause == "protocol"
    assert trouble.message.startswith("what came out of the sandbox is not a report: ")
    assert time.monotonic() - started < 2


def test_valid_sections_outlive_a_broken_one() -> None:
    facts = {"graph": {"layers": [LAYER]}, "trace": {"steps": "many"}, "data": {"kind": "cats"}}
    seen = parse_observation(json.dumps(facts).encode())
    assert trouble_of(seen).cause == "protocol"
    assert seen.graph is not None
    assert (seen.trace, seen.data) == (None, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["graph", "data", "trace", "steps", "loss"]), inner)
    ),
    max_leaves=8,
)


@given(JSON)
@settings(max_examples=80, deadline=None)
def test_any_json_gives_an_observation(value: Any) -> None:
    assert isinstance(parse_observation(json.dumps(value).encode()), Observation)


@given(st.binary(max_size=40))
def test_any_bytes_give_an_observation(data: bytes) -> None:
    assert isinstance(parse_observation(data), Observation)


def test_a_request_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="stepz"):
        Request(script="train.py", stepz=3)  # type: ignore[call-arg]


# A program that finds the pipe and writes into it

FIND_PIPE = """
import os, sys
def pipe():
    ends = {os.readlink(f"/proc/self/fd/{fd}"): int(fd) for fd in os.listdir("/proc/self/fd")
            if fd not in "012" and os.path.exists(f"/proc/self/fd/{fd}")}
    return next(fd for target, fd in ends.items() if target.startswith("pipe:"))
"""


@pytest.mark.parametrize(
    "forged",
    [
        "b'garbage\\n'",
        "b'P ' + b'x' * 10_000_000",
        "b'F {\"graph\": ' + b'[' * 100_000 + b'\\n'",
        "b'F {}\\n'",
        'b\'F {"trace": {"steps": "many"}}\\n\'',
    ],
    ids=["garbage", "huge", "deep", "empty", "wrong"],
)
def test_a_program_that_writes_its_own_report(programs: Programs, forged: str) -> None:
    seen = programs.run(f"{FIND_PIPE}\nos.write(pipe(), {forged})\nimport time; time.sleep(9)\n")
    assert trouble_of(seen).cause == "protocol"
    assert seen.graph is None
    assert seen.trace is None


def test_a_program_that_closes_every_descriptor(programs: Programs) -> None:
    trouble = trouble_of(programs.run("import os\nos.closerange(0, 100)\n"))
    assert trouble.cause == "killed"
    assert "without a report" in trouble.message
