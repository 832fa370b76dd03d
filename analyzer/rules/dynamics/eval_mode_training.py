"""Training in eval mode.

What it finds
    backward passes while all modules are in eval mode, in a model with dropout or batch norm.
Why it hurts
    Dropout does nothing, and batch normalization uses its running statistics, which then never
    move: they stay at mean 0 and variance 1 however the data looks.
How it is measured
    The mode of the modules at each observed backward pass.
When it is right
    In models without dropout and batch norm, where the mode changes nothing; with single frozen
    batch-norm layers in eval mode, while the rest is in train mode.
Example
    model.eval()
    for x, y in loader:
        loss = criterion(model(x), y)
        loss.backward()
Instead
    model.train()
    for x, y in loader:
        loss = criterion(model(x), y)
        loss.backward()
The fix
    None is offered: where the mode belongs depends on the loop.
Sources
    PyTorch documentation of Module.train and Module.eval.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import GradientCycle, Layer, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import first_site
from analyzer.rules.samples import at, linear, other, sample

MODAL = frozenset({"dropout", "batch_norm"})  # layers that behave differently in the two modes


class EvalModeTraining(Rule):
    """Dropout and batch norm switched off while training."""

    code = "FL503"
    name = "eval-mode-training"
    kind = "train_mode"
    severity = "error"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("graph", "trace")
    why = (
        "In eval mode dropout does nothing and batch norm's statistics stand still (PyTorch"
        " documentation of Module.eval)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The modes at the observed backward passes."""
        cycle = program.trace.cycle if program.trace else None
        if cycle is None:
            yield self.unchecked("needs a loop with backward and step, not seen")
            return
        assert program.graph is not None
        modal = [layer.name for layer in program.graph.layers if layer.op in MODAL]
        site = first_site(cycle.backward_site, cycle.site)
        if cycle.steps and cycle.eval_at_backward and modal and site is not None:
            yield Suspicion(
                site=site,
                message=(
                    f"{cycle.eval_at_backward} of {cycle.backward_calls} backward passes ran in"
                    f" eval mode, so {modal[0]} did not work as in training."
                ),
                evidence=Evidence(trace={"eval_at_backward": cycle.eval_at_backward}),
                fix=Declined("where the mode belongs depends on the loop"),
                proof="contract",
            )


LOOP = "loss.backward()"


def _program(in_eval: int, *layers: Layer) -> Program:
    cycle = GradientCycle(
        steps=60, backward_calls=60, eval_at_backward=in_eval, backward_site=at(1)
    )
    return sample(LOOP, framework="torch", layers=layers, trace=Trace(steps=60, cycle=cycle))


DROPOUT = other(1, "dropout", "Dropout", rate=0.5)

EXAMPLES = (
    Example(
        "all passes, with dropout",
        _program(60, linear(1, 8), DROPOUT, linear(1, 2)),
        found=(Found(1, "60 of 60 backward passes", None, "contract"),),
    ),
    Example("nothing that has a mode", _program(60, linear(1, 8), linear(1, 2))),
    Example("train mode", _program(0, linear(1, 8), DROPOUT, linear(1, 2))),
)
