"""An average of weights that is never taken.

What it finds
    An `AveragedModel` (EMA or SWA) whose `update_parameters` is never called.
Why it hurts
    It stays the copy that was made at the start: what is evaluated or saved as the average is the
    untrained model.
How it is measured
    Its own counter of updates after the observed steps, and the program's calls.
When it is right
    Averaging that begins in a later epoch calls `update_parameters` somewhere, and is not reported
    unless the program ended and ran the average without one update.
Example
    ema = AveragedModel(model)
    for x, y in loader:
        optimizer.step()
    evaluate(ema)
Instead
    ema = AveragedModel(model)
    for x, y in loader:
        optimizer.step()
        ema.update_parameters(model)
    evaluate(ema)
The fix
    The update after the step. From which epoch on is the author's choice, so it is not safe.
Sources
    PyTorch documentation of torch.optim.swa_utils; Izmailov et al., Averaging Weights Leads to
    Wider Optima, UAI 2018, algorithm 1.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertAfter
from analyzer.observed import AverageSeen, Census, Observation, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count
from analyzer.rules.reading.syntax import calls_in, tree_of
from analyzer.rules.samples import at, sample

STEPS = 10


class AverageNeverUpdated(Rule):
    """The untrained model as its own average."""

    code = "FL614"
    name = "average-never-updated"
    kind = "parameters"
    severity = "error"
    confidence = 0.96
    frameworks = frozenset({"torch"})
    needs = ("census",)
    why = (
        "AveragedModel copies the model when it is made and changes only in update_parameters"
        " (PyTorch documentation of swa_utils)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Averages with a counter of zero."""
        assert program.observation is not None
        census, trace = program.observation.census, program.trace
        if census is None or census.steps < STEPS:
            return
        updated = any(True for _ in calls_in(tree_of(program.source), "update_parameters"))
        ended = trace is not None and trace.ended == "program_end"
        for average in census.averages:
            idle = not updated or (ended and average.ran)
            if average.updates == 0 and idle and average.site is not None:
                ran = ", and it was run" if average.ran else ""
                yield Suspicion(
                    site=average.site,
                    message=(
                        f"This average had 0 updates after {count(census.steps, 'step')}{ran}: it"
                        " is still the untrained model."
                    ),
                    evidence=Evidence(trace=average.model_dump(exclude={"site"})),
                    fix=_updated(program, average),
                    proof="contract",
                )


def _updated(program: Program, average: AverageSeen) -> FixPlan | Declined:
    made = [
        node
        for node in ast.walk(tree_of(program.source))
        if isinstance(node, ast.Assign)
        and average.site is not None
        and node.lineno == average.site.line
        and isinstance(node.value, ast.Call)
        and node.value.args
    ]
    steps = [call for call in program.source.by_role("step") if not call.arguments]
    if len(made) != 1 or len(steps) != 1 or not isinstance(made[0].value, ast.Call):
        return Declined("where the optimizer steps was not found in the source")
    name, model = ast.unparse(made[0].targets[0]), ast.unparse(made[0].value.args[0])
    text = f"{name}.update_parameters({model})"
    change = InsertAfter(steps[0].statement, text)
    return FixPlan("update the average after each step", (change,), safe=False)


LOOP = """
ema = AveragedModel(model)
for x, y in loader:
    criterion(model(x), y).backward()
    optimizer.step()
"""


def _program(*, updates: int = 0, ran: bool = True, text: str = LOOP, steps: int = 60) -> Program:
    average = AverageSeen(updates=updates, ran=ran, site=at(1))
    census = Census(trainable=4, steps=steps, averages=(average,))
    trace = Trace(steps=steps, ended="steps")
    return sample(text, framework="torch", trace=trace, observation=Observation(census=census))


EXAMPLES = (
    Example(
        "no update anywhere",
        _program(),
        found=(
            Found(
                1,
                "0 updates after 60 steps",
                "    optimizer.step()\n    ema.update_parameters(model)",
                "contract",
            ),
        ),
    ),
    Example("updated", _program(updates=60)),
    Example("later", _program(text=LOOP + "if epoch > 9:\n    ema.update_parameters(model)\n")),
    Example("three steps", _program(steps=3)),
)
