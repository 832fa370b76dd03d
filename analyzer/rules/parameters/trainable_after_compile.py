"""Keras layers frozen or unfrozen after compile.

What it finds
    A `trainable` flag that is changed between two fit calls without compiling again.
Why it hurts
    The training function of the first fit is used again, with the variables that were trainable
    when it was made: what was unfrozen for fine-tuning does not move, what was frozen moves on.
    Keras says nothing.
How it is measured
    The variables that are marked trainable when a later fit call begins, against those at the
    moment when the training function that it uses was made.
When it is right
    Never. Before the first fit call the flags still count, and nothing is said.
Example
    model.compile("adam", "mse")
    model.fit(x, y)
    base.trainable = True
    model.fit(x, y)
Instead
    model.compile("adam", "mse")
    model.fit(x, y)
    base.trainable = True
    model.compile(keras.optimizers.Adam(1e-5), "mse")
    model.fit(x, y)
The fix
    The program's own compile call once more after the change. Safe; a lower learning rate is often
    meant too.
Sources
    Keras guide "Transfer learning & fine-tuning": calling compile freezes the behaviour of the
    model until it is called again.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertBefore
from analyzer.observed import Census, LateTrainable, Observation, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count, first_site
from analyzer.rules.reading.syntax import around, name_of, place, tree_of, written
from analyzer.rules.samples import at, sample


class TrainableAfterCompile(Rule):
    """Flags that come too late."""

    code = "FL615"
    name = "trainable-after-compile"
    kind = "parameters"
    severity = "error"
    confidence = 0.97
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("census",)
    why = (
        "trainable is read when the training function is made; later changes count after the next"
        " compile (Keras guide on transfer learning)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The flags when a later fit call began."""
        assert program.observation is not None
        census = program.observation.census
        late = census.late_trainable if census else None
        if late is None:
            if census is not None and _more_to_come(program, census):
                yield self.unchecked("the warm-up ended before the fit call after the change")
            return
        changes = _changes(program, late)
        own = place(changes[-1], program.source) if changes else None
        site = first_site(own, late.site)
        if site is not None:
            yield Suspicion(
                site=site,
                message=f"{_words(late)}, and the model is not compiled again: no effect.",
                evidence=Evidence(trace=late.model_dump(exclude={"site"})),
                fix=_compiled_again(program, late),
                proof="contract",
            )


def _words(late: LateTrainable) -> str:
    what, number = ("frozen", late.frozen) if not late.unfrozen else ("unfrozen", late.unfrozen)
    return f"{count(number, 'variable')} ({late.first}) are {what} after training has begun"


def _changes(program: Program, late: LateTrainable) -> list[ast.Assign]:
    """Statements that set `trainable` before the fit call, in the order of the file."""
    found = [
        node
        for node in ast.walk(tree_of(program.source))
        if isinstance(node, ast.Assign)
        and name_of(node.targets[0]) == "trainable"
        and (late.site is None or node.lineno < late.site.line)
    ]
    return sorted(found, key=lambda node: node.lineno)


def _more_to_come(program: Program, census: Census) -> bool:
    """Whether a flag is set after a fit call in the code, and the run did not get there."""
    stopped = program.trace is not None and program.trace.ended in ("steps", "time")
    fits = [call.site.line for call in program.source.by_role("fit")]
    sets = [
        node.lineno
        for node in ast.walk(tree_of(program.source))
        if isinstance(node, ast.Assign) and name_of(node.targets[0]) == "trainable"
    ]
    return stopped and len(fits) > census.fits and any(line > min(fits) for line in sets)


def _compiled_again(program: Program, late: LateTrainable) -> FixPlan | Declined:
    compiles = program.source.by_role("compile")
    statements = around(tree_of(program.source), late.site, program.source)
    if len(compiles) != 1 or not statements:
        return Declined("which of the compile calls is to be repeated is the author's choice")
    holding = around(tree_of(program.source), compiles[0].site, program.source)
    text = written(holding[-1], program.source) if holding else ""
    if not text:
        return Declined("the compile call was not found in the source")
    again = InsertBefore(place(statements[-1], program.source), textwrap.dedent(text))
    return FixPlan("compile again after the change", (again,))


TUNING = """
model.compile("adam", "mse")
model.fit(x, y)
base.trainable = True
model.fit(x, y, epochs=5)
"""


def _program(late: LateTrainable | None, ended: str = "program_end", fits: int = 2) -> Program:
    census = Census(trainable=4, total=8, late_trainable=late, fits=fits)
    trace = Trace.model_validate({"steps": 60, "ended": ended})
    return sample(TUNING, trace=trace, observation=Observation(census=census))


EXAMPLES = (
    Example(
        "unfrozen for fine-tuning",
        _program(LateTrainable(unfrozen=4, frozen=0, first="conv/kernel", site=at(4))),
        found=(
            Found(
                3,
                "4 variables (conv/kernel) are unfrozen",
                'base.trainable = True\nmodel.compile("adam", "mse")\nmodel.fit(x, y, epochs=5)',
                "contract",
            ),
        ),
    ),
    Example("compiled again", _program(None)),
    Example("one fit call, seen to its end", _program(None, fits=1)),
    Example("not reached", _program(None, "steps", 1), unchecked="before the fit call"),
)
