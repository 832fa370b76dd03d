"""Weights that were not loaded.

What it finds
    `load_state_dict(..., strict=False)` of which nothing fits, or whose keys differ from the
    model's by a prefix alone.
Why it hurts
    With strict=False keys that do not fit are left out in silence: the model goes on with the
    random weights that it was made with, and everybody believes it is pretrained.
How it is measured
    The missing and unexpected keys that the call returns, with the shapes of both.
When it is right
    For a new head on loaded features: the missing keys have no counterpart then, and nothing is
    said.
Example
    model.load_state_dict(state, strict=False)  # keys begin with "module."
Instead
    state = {key.removeprefix("module."): value for key, value in state.items()}
    model.load_state_dict(state, strict=False)
The fix
    The keys with the model's own spelling. Safe.
Sources
    PyTorch documentation of Module.load_state_dict and of DataParallel (its keys begin with
    "module.").
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import Census, Observation, WeightsLoaded
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count
from analyzer.rules.reading.syntax import calls_in, place, tree_of, written
from analyzer.rules.samples import at, sample

PREFIX_SHARE = 0.5
"""Share of the missing keys that a prefix must explain."""


class WeightsNotLoaded(Rule):
    """Random weights that pass for pretrained ones."""

    code = "FL613"
    name = "weights-not-loaded"
    kind = "parameters"
    severity = "error"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ("census",)
    why = (
        "strict=False leaves out keys that do not fit and says so only in its result (PyTorch"
        " documentation of load_state_dict)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each call of the run."""
        assert program.observation is not None
        census = program.observation.census
        for loaded in census.loaded if census else ():
            renamed = _renamed(loaded)
            nothing = loaded.matched == 0 and loaded.unexpected > 0
            if (renamed or nothing) and loaded.site is not None:
                yield Suspicion(
                    site=loaded.site,
                    message=f"{_words(loaded)}.",
                    evidence=Evidence(trace=loaded.model_dump(exclude={"site"})),
                    fix=_respelt(program, loaded),
                    proof="contract",
                )


def _renamed(loaded: WeightsLoaded) -> bool:
    """Whether a prefix is what keeps the keys apart."""
    return bool(loaded.prefix) and loaded.renamed >= PREFIX_SHARE * loaded.missing


def _words(loaded: WeightsLoaded) -> str:
    keys = f"{loaded.missing} of {count(loaded.missing + loaded.matched, 'key')}"
    random = f"{loaded.missing_share:.0%} of the values stay as they were made"
    if not _renamed(loaded):
        return f"Nothing was loaded: {keys} are missing and {random}"
    which = "the given keys have" if loaded.added else "the model's keys have"
    return f"{keys} were not loaded and {random}: {which} {loaded.prefix!r} in front"


def _respelt(program: Program, loaded: WeightsLoaded) -> FixPlan | Declined:
    calls = [
        call
        for call in calls_in(tree_of(program.source), "load_state_dict")
        if place(call, program.source) == loaded.site
        or (loaded.site is not None and call.lineno == loaded.site.line)
    ]
    if len(calls) != 1 or not calls[0].args or not _renamed(loaded):
        return Declined("how the keys should be spelt is not known")
    if loaded.renamed < loaded.unexpected:
        return Declined("some of the keys would not fit even with the model's spelling")
    given = written(calls[0].args[0], program.source)
    prefix = f'"{loaded.prefix}"'
    key = f"key.removeprefix({prefix})" if loaded.added else f"{prefix} + key"
    text = f"{{{key}: value for key, value in {given}.items()}}"
    change = ReplaceExpression(place(calls[0].args[0], program.source), text)
    return FixPlan("give the keys the model's own spelling", (change,))


LOAD = "model.load_state_dict(state, strict=False)"


def _program(**facts: object) -> Program:
    seen = {"matched": 0, "missing": 60, "unexpected": 60, "missing_share": 1.0, "site": at(1)}
    loaded = WeightsLoaded.model_validate({**seen, **facts})
    census = Census(trainable=60, loaded=(loaded,))
    return sample(LOAD, framework="torch", observation=Observation(census=census))


EXAMPLES = (
    Example(
        "keys of DataParallel",
        _program(prefix="module.", renamed=60),
        found=(
            Found(
                1,
                "60 of 60 keys were not loaded",
                '{key.removeprefix("module."): value for key, value in state.items()}, strict',
                "contract",
            ),
        ),
    ),
    Example(
        "keys without the model's prefix",
        _program(prefix="net.", renamed=58, added=False, matched=2, missing=58, unexpected=58),
        found=(Found(1, "58 of 60 keys", '{"net." + key: value for key', "contract"),),
    ),
    Example(
        "a prefix, and a head of another width",
        _program(prefix="module.", renamed=58),
        found=(Found(1, "60 of 60 keys", None, "contract"),),
    ),
    Example(
        "nothing fits, but for a few keys by chance",
        _program(prefix="features.", renamed=2),
        found=(Found(1, "Nothing was loaded", None, "contract"),),
    ),
    Example(
        "nothing fits",
        _program(),
        found=(Found(1, "Nothing was loaded", None, "contract"),),
    ),
    Example("a new head", _program(matched=58, missing=2, unexpected=2, missing_share=0.01)),
    Example("only the features", _program(matched=40, missing=20, unexpected=0)),
)
