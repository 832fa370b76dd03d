"""What the sandbox is asked for: the program, how it is started, and what helps to stand in for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from analyzer.limits import Limits
from analyzer.options import Options, ProgramSpec, is_entry, run_words
from analyzer.sandbox.protocol import Request
from analyzer.source.calls import SourceIndex
from analyzer.source.files import read_source
from analyzer.source.index import read_program

OBSERVED_SAMPLES = 20
"""Steps at which the layers are measured."""

WARMUP_SHARE = 1 / 12
"""Part of a review's budget that the warm-up may take: it is repeated for what it finds, and the
experiments, which are many warm-ups, get the rest."""

Way = Literal["plain", "tf_keras", "invented_files"]
"""As it stands, with Keras 2, or with files that are missing invented."""


def build_request(
    root: Path, source: SourceIndex, spec: ProgramSpec, options: Options, texts: Mapping[str, str]
) -> Request:
    """What the sandbox child is asked to do."""
    script, argv, entry = command_of(source.path, spec.run, root)
    limits = Limits()
    return Request(
        script=script,
        argv=argv,
        entry=entry,
        steps=limits.steps,
        warmup_seconds=_warmup_seconds(spec.budget or options.budget, options, limits),
        samples=limits.samples,
        sampled_steps=OBSERVED_SAMPLES,
        seed=options.seed,
        device=options.device,
        profiled_names=source.evaluated_names[:16],
        hints=hints_of(source),
        dataset=dict(spec.dataset) if spec.dataset else None,
        texts=dict(texts),
    )


def _warmup_seconds(budget: float, options: Options, limits: Limits) -> float:
    """Longer where the budget leaves ample time for what follows."""
    if not options.experiments:
        return limits.quick_seconds
    return max(limits.quick_seconds, min(limits.warmup_seconds, budget * WARMUP_SHARE))


def runnable(root: Path, source: SourceIndex, texts: Mapping[str, str]) -> Mapping[str, str]:
    """The texts, with the script of a notebook's cells in place of its JSON.

    Of a file that does not parse what does is run.
    """
    if source.readable is not None:
        return {**texts, source.path: source.readable}
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


def program_request(root: Path, path: str, options: Options) -> Request:
    """What to ask of the sandbox to run this file as it stands."""
    source = read_program(root, path)
    spec = ProgramSpec(path=path)
    return build_request(root, source, spec, options, runnable(root, source, {}))


def in_way(request: Request, way: Way) -> Request:
    """The request for a run in this way."""
    if way == "tf_keras":
        return request.model_copy(update={"keras": "tf_keras"})
    if way == "invented_files":
        return request.model_copy(update={"hints": {**request.hints, "invent_files": True}})
    return request
