"""Frozen batch norm whose statistics move.

What it finds
    Batch norm layers with frozen weights that are in train mode: their running mean and variance
    change in every step.
Why it hurts
    What `requires_grad = False` keeps fixed is the weight and the bias alone. The running
    statistics follow the new data, and in eval mode the frozen layers no longer compute what they
    were pretrained to.
How it is measured
    The number of batches that each such layer has counted, before and after the observed steps.
When it is right
    Often: adapting the statistics to the new data can help, and tutorials do it. It is advice, to
    be decided on purpose.
Example
    for p in backbone.parameters():
        p.requires_grad = False
    model.train()
Instead
    for p in backbone.parameters():
        p.requires_grad = False
    model.train()
    backbone.eval()
The fix
    None is offered: whether the statistics should move is the author's choice.
Sources
    PyTorch documentation of BatchNorm2d (running statistics); Keras guide on transfer learning,
    where trainable=False puts the layer in inference mode.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import Census, FrozenNorm, Observation
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count
from analyzer.rules.samples import at, sample


class MovingFrozenNorm(Rule):
    """Statistics that freezing does not freeze."""

    code = "FL610"
    name = "moving-frozen-norm"
    kind = "batch_norm"
    severity = "advice"
    confidence = 0.8
    frameworks = frozenset({"torch"})
    needs = ("census",)
    why = (
        "requires_grad=False fixes weight and bias; the running statistics follow the data as long"
        " as the layer is in train mode (PyTorch documentation of BatchNorm2d)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The layers that counted batches."""
        assert program.observation is not None
        census = program.observation.census
        norm = census.frozen_norm if census else None
        if norm is not None and norm.site is not None:
            yield Suspicion(
                site=norm.site,
                message=(
                    f"The running statistics of {count(norm.layers, 'frozen batch norm layer')}"
                    f" moved in the observed steps, {norm.first} first."
                ),
                evidence=Evidence(trace={"layers": norm.layers}),
                fix=Declined("whether the statistics should move is the author's choice"),
                proof="contract",
            )


BACKBONE = "backbone = resnet18(weights='DEFAULT')"


def _program(norm: FrozenNorm | None) -> Program:
    census = Census(trainable=2, total=62, frozen_norm=norm)
    return sample(BACKBONE, framework="torch", observation=Observation(census=census))


EXAMPLES = (
    Example(
        "a frozen backbone in train mode",
        _program(FrozenNorm(layers=20, first="bn1", site=at(1))),
        found=(Found(1, "20 frozen batch norm layers", None, "contract"),),
    ),
    Example("statistics that stand still", _program(None)),
    Example(
        "nothing frozen",
        sample(BACKBONE, framework="torch", observation=Observation(census=Census(trainable=62))),
    ),
)
