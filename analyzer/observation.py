"""Running one program in the sandbox: what is asked for, and which Keras it gets."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from analyzer.errors import SandboxError
from analyzer.limits import Limits
from analyzer.observed import Observation
from analyzer.options import Options, ProgramSpec, is_entry, run_words
from analyzer.sandbox.protocol import Request
from analyzer.sandbox.runner import observe
from analyzer.source.calls import SourceIndex
from analyzer.source.files import read_source

OLD_KERAS_CAUSES = frozenset({"crash", "missing_module", "no_training", "no_model"})
"""Endings after which a Keras program is tried once more with tf_keras (Keras 2)."""

OBSERVED_SAMPLES, RECHECK_SAMPLES = 20, 4
"""Steps at which the layers are measured; an edit under test needs the contracts alone."""

BREAKS = frozenset(
    {"syntax_error", "crash", "missing_module", "missing_data", "no_model", "no_training"}
)
"""Endings that come from the program itself."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A program's source together with what its run showed.

    Attributes:
        observation: None when the program was not run.
        why_not: why it was not run; None when it was.
        seconds: wall time of the run.
    """

    source: SourceIndex
    observation: Observation | None
    why_not: str | None = None
    seconds: float = 0.0


def observe_program(
    root: Path,
    source: SourceIndex,
    spec: ProgramSpec,
    options: Options,
    budget: float,
    texts: Mapping[str, str],
) -> Observed:
    """Run the program within `budget` seconds; Keras programs that need Keras 2 get it.

    Args:
        texts: texts that replace files of the program (an edit under test).
    """
    started = time.monotonic()
    request = build_request(root, source, spec, options, runnable(root, source, texts))
    if texts:
        request = request.model_copy(update={"sampled_steps": RECHECK_SAMPLES})

    if request.entry is None and not (root / (request.script or "")).is_file():
        missing = f"the configured run starts {request.script}, and there is no such file"
        return Observed(source, None, missing)

    def run(asked: Request) -> Observation:
        left = max(1.0, budget - (time.monotonic() - started))
        limits = replace(
            Limits(), wall_seconds=left, steps=request.steps, interrupt=options.interrupt
        )
        return observe(root, asked, limits=limits, policy=options.sandbox, mounts=options.mounts)

    try:
        seen = run(request)
        for other in _other_ways(request, source, seen):
            if time.monotonic() - started < budget / 2:
                seen = further(seen, run(other))
    except SandboxError as error:
        return Observed(source, None, f"sandbox unavailable: {error}")
    return Observed(source, seen, None, time.monotonic() - started)


def _other_ways(request: Request, source: SourceIndex, seen: Observation) -> Iterator[Request]:
    """What to try when the program did not train as it stands.

    Keras programs may need Keras 2; a program that breaks on its own data before it builds a model
    can still show the model on invented data.
    """
    trouble = seen.trouble
    steps = seen.trace.steps if seen.trace else 0
    if trouble is None or steps > 0:
        return
    if source.framework != "torch" and trouble.cause in OLD_KERAS_CAUSES:
        yield request.model_copy(update={"keras": "tf_keras"})
    if seen.graph is None and trouble.cause in ("crash", "missing_data"):
        yield request.model_copy(update={"hints": {**request.hints, "invent_files": True}})


def further(one: Observation, other: Observation) -> Observation:
    """The run that got further, with the trouble of the first as the program's own."""
    if _reached(other) <= _reached(one):
        return one
    return other if other.trouble else other.model_copy(update={"trouble": one.trouble})


def falls_short(first: Observation, edited: Observation) -> bool:
    """Whether the edited program broke before it came as far as the program had come.

    An end by a limit of the sandbox (time, memory) says nothing about the edit.
    """
    trouble = edited.trouble
    if trouble is None or trouble.cause not in BREAKS:
        return False
    before, after = _reached(first), _reached(edited)
    return (*after[:2], after[2] > 0) < (*before[:2], before[2] > 0)


def _reached(seen: Observation) -> tuple[bool, bool, int]:
    steps = seen.trace.steps if seen.trace else 0
    return (seen.graph is not None, seen.learner is not None, steps)


def build_request(
    root: Path, source: SourceIndex, spec: ProgramSpec, options: Options, texts: Mapping[str, str]
) -> Request:
    """What the sandbox child is asked to do."""
    script, argv, entry = command_of(source.path, spec.run, root)
    return Request(
        script=script,
        argv=argv,
        entry=entry,
        steps=Limits().steps,
        warmup_seconds=Limits().warmup_seconds,
        samples=Limits().samples,
        sampled_steps=OBSERVED_SAMPLES,
        seed=options.seed,
        device=options.device,
        profiled_names=source.evaluated_names[:16],
        hints=hints_of(source),
        dataset=dict(spec.dataset) if spec.dataset else None,
        texts=dict(texts),
    )


def runnable(root: Path, source: SourceIndex, texts: Mapping[str, str]) -> Mapping[str, str]:
    """The texts, with the script of a notebook's cells in place of its JSON."""
    if not source.path.endswith(".ipynb") or source.path in texts:
        return texts
    return {**texts, source.path: read_source(root, source.path).text}


def command_of(
    path: str, run: str | None, root: Path | None = None
) -> tuple[str, tuple[str, ...], str | None]:
    """Script, arguments and entry from a configured `run`; the file itself by default.

    Args:
        path: the program, relative to the root.
        run: the setting, which the configuration has checked.
        root: where a script is looked for, from the root first, else beside the program.
    """
    if run is None:
        return path, (), None
    words = run_words(run)
    if words[0] == "-m":
        name = words[1].replace(".", "/")
        package = root is not None and (root / name / "__main__.py").is_file()
        return f"{name}/__main__.py" if package else f"{name}.py", tuple(words[2:]), None
    if is_entry(words):
        return path, (), words[0]
    script = words[0].removeprefix("./")
    beside = (PurePosixPath(path).parent / script).as_posix()
    if root is not None and not (root / script).is_file() and (root / beside).is_file():
        script = beside
    return script, tuple(words[1:]), None


def hints_of(source: SourceIndex) -> dict[str, Any]:
    """What the source says about missing data: shapes, width of the output, loss."""
    graph, learner = source.graph, source.learner
    layers = graph.layers if graph else ()
    shape = next((layer.input_shape for layer in layers if layer.input_shape), None)
    widths = [layer.units or layer.filters for layer in layers if layer.units or layer.filters]
    return {
        "input_shape": list(source.stated_shape or shape or ()) or None,
        "output_units": widths[-1] if widths else None,
        "loss": learner.losses[0].name if learner and learner.losses else None,
        "inputs_name": source.inputs_name,
        "labels_name": source.labels_name,
    }
