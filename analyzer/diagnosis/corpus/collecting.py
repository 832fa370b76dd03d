"""Making a corpus: programs are drawn, checked and observed, as far as the cache lacks them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from analyzer.assemble import assemble, reason_of
from analyzer.diagnosis.corpus.cache import Cache
from analyzer.diagnosis.corpus.families import check_families, draw_families
from analyzer.diagnosis.corpus.samples import Sample
from analyzer.limits import Limits
from analyzer.observed import Observation
from analyzer.options import Options, ProgramSpec, SandboxPolicy
from analyzer.requesting import build_request
from analyzer.rules.base import Program
from analyzer.sandbox.session import Session
from analyzer.source.index import read_program
from analyzer.task import infer_problem

BATCH = 8  # families checked in one run
SCRIPT = "program.py"
SECONDS = 240.0
LIBRARIES = ("numpy", "sklearn.datasets", "sklearn.preprocessing", "sklearn.model_selection")
PRELOADED = {
    "torch": (*LIBRARIES, "sklearn.metrics", "torch"),
    "keras": (*LIBRARIES, "tensorflow", "tensorflow.keras"),
}
Say = Callable[[str], None]


def open_session(written: str, policy: SandboxPolicy, folder: Path) -> Session:
    """A session in which all programs of a framework run; the folder holds nothing of theirs."""
    (folder / SCRIPT).touch()
    return Session(folder, policy=policy, preload=PRELOADED[written])


def generate(
    cache: Cache,
    seed: int,
    programs: int,
    policy: SandboxPolicy,
    say: Say,
    torch_only: bool = False,
) -> None:
    """Check families until the cache has so many."""
    known = {family.base for family in cache.families()}
    bases = [base for base in range(programs) if base not in known]
    with (
        tempfile.TemporaryDirectory() as folder,
        open_session("torch", policy, Path(folder)) as session,
    ):
        for start in range(0, len(bases), BATCH):
            families = draw_families(seed, bases[start : start + BATCH], torch_only)
            for checked in check_families(families, session):
                cache.add_family(checked)
                score = "broke" if checked.score is None else f"{checked.score:.2f}"
                say(f"base {checked.base}: {score}, {len(checked.samples)} programs kept")


def observe(
    cache: Cache,
    policy: SandboxPolicy,
    say: Say,
    samples: Iterable[Sample] | None = None,
    seeds: Sequence[int] = (0,),
    most: int | None = None,
) -> None:
    """Observe every kept program that the cache has no observation of."""
    done = cache.observed()
    runs = [
        (sample, seed)
        for sample in (cache.samples() if samples is None else samples)
        for seed in seeds
        if (sample.name, seed) not in done
    ]
    for written in ("torch", "keras"):
        those = [run for run in runs if run[0].written == written]
        with (
            tempfile.TemporaryDirectory() as folder,
            open_session(written, policy, Path(folder)) as session,
        ):
            for number, (sample, seed) in enumerate(islice(those, most)):
                seen = observe_sample(sample, Path(folder), session, seed)
                cache.add_observation(sample.name, seed, seen)
                if number % 20 == 0:
                    say(f"{written}: {number} of {len(those)} observed")


def observe_sample(sample: Sample, root: Path, session: Session, seed: int) -> Observation:
    """One run, asked for as a review asks for it."""
    source = read_program(root, SCRIPT, text=sample.text)
    options = Options(seed=seed, sandbox=session.policy)
    spec, texts = ProgramSpec(path=SCRIPT), {SCRIPT: sample.text}
    request = build_request(root, source, spec, options, texts)
    # All the steps, however busy the machine is: the corpus is the same wherever it is made.
    request = request.model_copy(update={"warmup_seconds": SECONDS / 2, "after_seconds": 0.0})
    return session.observe(request, limits=Limits(wall_seconds=SECONDS))


def program_of(sample: Sample, seen: Observation) -> Program:
    """The program as the rules see it."""
    source = read_program(Path(), SCRIPT, text=sample.text)
    view = assemble(source, seen, reason_of(seen.trouble))
    return replace(view, problem=infer_problem(view.graph, view.data, view.learner, view.source))
