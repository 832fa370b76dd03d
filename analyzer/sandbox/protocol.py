"""What goes into the sandbox and what comes out: JSON both ways, never pickle.

Into the child goes one `Envelope` (a line of JSON) and the program's files (a tar archive). Out of
it come lines "H {}" (the child runs), "P {facts}" (a snapshot) and "F {facts}" (the last word).
The program under review can write whatever it likes into that pipe, so the parent bounds the size,
the depth and the numbers, and validates every value.
"""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analyzer.kinds import Problem
from analyzer.observed import NotObserved, Observation

KerasChoice = Literal["auto", "keras3", "tf_keras"]
DeviceChoice = Literal["auto", "cpu", "cuda"]

RESULT_BYTES = 16 * 2**20
# Longer integers cost quadratic time to convert, and no fact needs them.
LONG_NUMBER = re.compile(rb"[0-9]{400}")
SECTIONS = ("graph", "data", "learner", "trace", "census", "order", "loader", "measured")


class ExperimentRequest(BaseModel):
    """Train shortly and measure the task on samples held out from it, instead of observing.

    Attributes:
        steps: training steps at most; epochs: but at least so many passes over the samples.
        own_times: the program's own end is put off to so many times its own steps.
        rows: rows trained on at most, so that a pair with different batch sizes sees equally much.
        seconds: wall time of the training at most.
        samples: rows of the program's data at most, held-out ones included.
        held_out: share of them that is never trained on.
        problem: the task, which says how to measure; the same one for all runs of an experiment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(default=300, ge=1)
    epochs: int = Field(default=3, ge=0)
    own_times: int = Field(default=1, ge=1)
    rows: int | None = Field(default=None, ge=1)
    seconds: float = Field(default=6.0, gt=0.0)
    samples: int = Field(default=2000, ge=8)
    held_out: float = Field(default=0.25, gt=0.0, lt=1.0)
    problem: Problem = "unknown"


class Request(BaseModel):
    """What to run and what to observe.

    Attributes:
        script: path of the script relative to the root, with "/"; None when `entry` is given.
        entry: "module:function" to call instead of a script.
        argv: arguments after the program's name.
        working_folder: where the program starts, relative to the root; None: its own or
            the root, whichever holds more of the files that the script names.
        steps: training steps of the warm-up; warmup_seconds: wall time after the first of them.
        after_seconds: time after the last of the steps in which the program may reach validation.
        samples: samples inspected for the data profile.
        sampled_steps: steps at which the layers are measured, about.
        keras: which Keras `import keras` and `tf.keras` mean.
        profiled_names: variables of the program whose arrays are profiled when training begins.
        hints: for stand-ins, from the static reader: "input_shape" of one sample, "output_units",
            canonical "loss", "inputs_name", "labels_name"; each may be missing or None.
        stand_ins: invent data that is missing; compat: stand in for removed spellings.
        dataset: the repository's own `dataset` setting.
        texts: by relative path, texts that replace the program's files (an edit under test).
        observe: False runs the program as it is, seeded alike, without any observer.
        experiment: train and measure instead of observing; None observes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    script: str | None = None
    entry: str | None = None
    argv: tuple[str, ...] = ()
    working_folder: str | None = None
    steps: int = Field(default=60, ge=1)
    warmup_seconds: float = Field(default=10.0, ge=0.0)
    after_seconds: float = Field(default=2.0, ge=0.0)
    samples: int = Field(default=4096, ge=1)
    sampled_steps: int = Field(default=20, ge=1)
    seed: int = Field(default=0, ge=0, lt=2**32)
    keras: KerasChoice = "auto"
    device: DeviceChoice = "cpu"
    profiled_names: tuple[str, ...] = ()
    hints: dict[str, Any] = Field(default_factory=dict)
    stand_ins: bool = True
    compat: bool = True
    dataset: dict[str, Any] | None = None
    texts: dict[str, str] = Field(default_factory=dict)
    observe: bool = True
    experiment: ExperimentRequest | None = None


class Confinement(BaseModel):
    """What the child imposes on itself before any code of the program runs.

    Attributes:
        uid: user and group to become; None when the parent is an ordinary user already.
        processes: processes and threads; None leaves the limit as it is.
        data_bytes: private writable memory of one process; None for no bound (CUDA needs none).
        file_bytes: size of one file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    uid: int | None = None
    processes: int | None = None
    data_bytes: int | None = None
    file_bytes: int | None = None


class Envelope(BaseModel):
    """The first line that the child reads.

    Attributes:
        root: where the program's files are unpacked, absolute.
        deadline: moment of the monotonic clock when the child reports by itself and ends;
            deadline_seconds: how far that is from the start.
        result_bytes: bound on the report.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: Request
    root: str
    confinement: Confinement
    deadline: float
    deadline_seconds: float
    result_bytes: int


def parse_observation(data: bytes, *, result_bytes: int = RESULT_BYTES) -> Observation:
    """The child's JSON as a validated value.

    Whatever breaks a bound or the schema gives an Observation with the trouble "protocol"; parts
    that are valid by themselves are kept.
    """
    if len(data) > result_bytes:
        return _breach(f"the report has {len(data):,} bytes, at most {result_bytes:,} are read")
    if LONG_NUMBER.search(data):
        return _breach("the report holds a number of 400 digits or more")
    try:
        # Bounds the depth too: pydantic refuses JSON nested deeper than about 200 levels.
        return Observation.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the report"
        return _salvage(data, f"{where}: {first['msg']}")


def _breach(message: str, **sections: Any) -> Observation:
    line = " ".join(f"what came out of the sandbox is not a report: {message}".split())
    return Observation(trouble=NotObserved(cause="protocol", message=line[:2000]), **sections)


def _salvage(data: bytes, message: str) -> Observation:
    """Keep each section that is valid alone."""
    try:
        facts = json.loads(data)
    except (ValueError, RecursionError):
        return _breach(message)
    if not isinstance(facts, dict):
        return _breach(message)
    kept: dict[str, Any] = {}
    for section in SECTIONS:
        value = facts.get(section)
        if value is not None:
            kept |= _valid_section(section, value)
    return _breach(message, **kept)


def _valid_section(section: str, value: Any) -> dict[str, Any]:
    try:
        observation = Observation.model_validate_json(json.dumps({section: value}))
    except (ValidationError, RecursionError):
        return {}
    return {section: getattr(observation, section)}
