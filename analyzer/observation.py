"""Running one program in the sandbox: what is asked for, and which Keras it gets."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from analyzer.broken import as_it_stands
from analyzer.errors import SandboxError
from analyzer.limits import Limits
from analyzer.observed import Observation
from analyzer.options import Options, ProgramSpec
from analyzer.requesting import Way, build_request, command_of, in_way, runnable
from analyzer.sandbox import preload
from analyzer.sandbox.protocol import Request
from analyzer.sandbox.session import Session
from analyzer.source.calls import SourceIndex
from analyzer.source.files import SourceFile

OLD_KERAS_CAUSES = frozenset({"crash", "missing_module", "no_training", "no_model"})
"""Endings after which a Keras program is tried once more with tf_keras (Keras 2)."""

RECHECK_SAMPLES = 4
"""Steps at which the layers are measured: an edit under test needs the contracts alone."""

BRIEF_STEPS, BRIEF_SECONDS = 8, 4.0
"""Of a run that shows the model and that it trains."""

START_SECONDS = 0.5
"""Forking, unpacking and cleaning up, with room."""

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
        seconds: about how long another run of the same program will take.
        way: in which way it was run; a later run of the same program begins with it.
    """

    source: SourceIndex
    observation: Observation | None
    why_not: str | None = None
    seconds: float = 0.0
    way: Way = "plain"


def open_session(root: Path, file: SourceFile, spec: ProgramSpec, options: Options) -> Session:
    """A session for all runs of one program; it begins to import what the program imports.

    Nothing is started for a review of the source alone. What keeps the sandbox from starting is
    told by the first run.
    """
    script, _, entry = command_of(file.path, spec.run, root)
    same = script == file.path
    names = preload.names_of(root, file.path, file.text) if same or entry else ()
    session = Session(root, policy=options.sandbox, mounts=options.mounts, preload=names)
    if not options.static:
        with contextlib.suppress(SandboxError):
            session.prepare(Request(script=script, entry=entry, device=options.device))
    return session


def observe_program(
    root: Path,
    source: SourceIndex,
    spec: ProgramSpec,
    options: Options,
    budget: float,
    texts: Mapping[str, str],
    session: Session | None = None,
    like: Observed | None = None,
    brief: bool = False,
) -> Observed:
    """Run the program within `budget` seconds; Keras programs that need Keras 2 get it.

    Args:
        texts: texts that replace files of the program (an edit under test).
        session: where it runs; by default a session of its own.
        like: an earlier run of the same program: the way that showed most comes first.
        brief: whether the model and a few steps are enough to see.
    """
    started = time.monotonic()
    request = build_request(root, source, spec, options, runnable(root, source, texts))
    request = _shortened(request, edited=bool(texts), brief=brief)
    if request.entry is None and not (root / (request.script or "")).is_file():
        missing = f"the configured run starts {request.script}, and there is no such file"
        return Observed(source, None, missing)

    with contextlib.ExitStack() as stack:
        runs = _Runs(session or stack.enter_context(_plain(root, options)), options)
        runs.until, half = started + budget, started + budget / 2
        try:
            runs.first(request, like)
            for way in _other_ways(source, runs):
                if time.monotonic() < half:
                    runs.another(request, way)
        except SandboxError as error:
            return Observed(source, None, f"sandbox unavailable: {error}")
    seconds = _again(runs.seen, time.monotonic() - started)
    return Observed(source, as_it_stands(runs.seen, source), None, seconds, runs.way)


def _shortened(request: Request, *, edited: bool, brief: bool) -> Request:
    """Without what a check of an edit, or a brief look, does not need."""
    if edited:
        short = {"sampled_steps": RECHECK_SAMPLES, "warmup_seconds": Limits().quick_seconds}
        request = request.model_copy(update=short)
    if brief:
        short = {"steps": BRIEF_STEPS, "warmup_seconds": BRIEF_SECONDS, "after_seconds": 0.0}
        request = request.model_copy(update=short)
    return request


def _again(seen: Observation, wall_seconds: float) -> float:
    """What another run takes: without the other ways and, in a session, without the imports."""
    inside = seen.build_seconds + seen.observe_seconds
    return min(wall_seconds, inside + START_SECONDS) if seen.observe_seconds else wall_seconds


def _plain(root: Path, options: Options) -> Session:
    """A session that imports nothing ahead."""
    return Session(root, policy=options.sandbox, mounts=options.mounts)


@dataclass
class _Runs:
    """Runs of one program in different ways.

    Attributes:
        until: moment of the monotonic clock when the time is over.
        seen, way: the run that got furthest, and how it was run.
        begun: the way of the first run.
    """

    session: Session
    options: Options
    until: float = 0.0
    seen: Observation = field(default_factory=Observation)
    way: Way = "plain"
    begun: Way = "plain"

    def first(self, request: Request, like: Observed | None) -> None:
        """Run it as an earlier run of it went best; that one's trouble is the program's own."""
        self.way = self.begun = like.way if like else "plain"
        self.seen = self._run(in_way(request, self.way))
        own = like.observation.trouble if like and like.observation else None
        if self.way != "plain" and self.seen.trouble is None:
            self.seen = self.seen.model_copy(update={"trouble": own})

    def another(self, request: Request, way: Way) -> None:
        """Keep this run when it gets further."""
        best = further(self.seen, self._run(in_way(request, way)))
        if best is not self.seen:
            self.seen, self.way = best, way

    def _run(self, request: Request) -> Observation:
        limits = replace(
            Limits(),
            wall_seconds=max(1.0, self.until - time.monotonic()),
            steps=request.steps,
            interrupt=self.options.interrupt,
        )
        return self.session.observe(request, limits=limits)


def request_of(
    root: Path, observed: Observed, spec: ProgramSpec, options: Options
) -> Request | None:
    """What to ask of the sandbox to run the program the way it went best; None if it never ran."""
    if observed.observation is None:
        return None
    source = observed.source
    request = build_request(root, source, spec, options, runnable(root, source, {}))
    return in_way(request, observed.way)


def _other_ways(source: SourceIndex, runs: _Runs) -> Iterator[Way]:
    """What to try when the program did not train in the first way.

    Keras programs may need Keras 2; a program that breaks on its own data before it builds a model
    can still show the model on invented data.
    """
    seen = runs.seen
    trouble = seen.trouble
    if trouble is None or (seen.trace and seen.trace.steps > 0):
        return
    ways: list[Way] = ["plain"]
    old = trouble.cause in OLD_KERAS_CAUSES and not trouble.own
    if source.framework != "torch" and old:
        ways.append("tf_keras")
    if seen.graph is None and trouble.cause in ("crash", "missing_data"):
        ways.append("invented_files")
    yield from (way for way in ways if way != runs.begun)


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


def again_seconds(seen: Observation | None, *, brief: bool = False) -> float:
    """Seconds to leave for running the program once more, in the sandbox that is warm by now.

    An edit may make a program train that did not: then a warm-up comes on top.
    """
    build, observe = times_of(seen)
    quick = Limits().quick_seconds
    if seen is not None and not (seen.trace and seen.trace.steps):
        observe = max(observe, quick)
    return 1.0 + 1.5 * (build + min(observe, 2 * (BRIEF_SECONDS if brief else quick)))


def times_of(seen: Observation | None) -> tuple[float, float]:
    """Seconds until the model was built, and from there to the end."""
    if seen is None:
        return 0.0, 0.0
    return round(seen.build_seconds, 3), round(seen.observe_seconds, 3)
