"""Weights that start where training cannot leave.

What it finds
    Hidden layers whose weights all start at one value, or are drawn with a deviation far beyond
    what their inputs allow.
Why it hurts
    Equal weights get equal gradients: all units of the layer stay copies of one. Weights with a
    deviation of one over n inputs give sums with a deviation of the square root of n: activations
    saturate or explode from the first step.
How it is measured
    The kernel initializer that the program sets; its deviation against the square root of 2/n for n
    inputs (He), at most ten times as much.
When it is right
    Zeros for biases and for the last layer of a residual branch.
Example
    model.add(Dense(30, kernel_initializer=RandomNormal(stddev=1), input_shape=(784,)))
Instead
    model.add(Dense(30, input_shape=(784,)))
The fix
    The argument is taken away, so that the framework's scaled initializer is used.
Sources
    He et al. 2015, equation 10; Glorot and Bengio 2010; NeuraLint, "initial weights must not be
    constant".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, RemoveArgument
from analyzer.kinds import Proof
from analyzer.observed import Layer
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.mends import layer_call
from analyzer.rules.reading.proof import graph_seen, number, proof
from analyzer.rules.reading.stack import hidden_blocks
from analyzer.rules.samples import dense, sample

TIMES_HE = 10.0  # how far a deviation may exceed He's
CONSTANT = frozenset({"zeros", "zero", "ones", "one", "constant"})
ARGUMENTS = ("kernel_initializer", "init")


class UnfitInitializer(Rule):
    """A start that training cannot leave."""

    code = "FL218"
    name = "unfit-initializer"
    kind = "initializer"
    severity = "error"
    confidence = 0.85
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("graph",)
    why = (
        "Equal weights stay equal, and weights far larger than the square root of 2/n saturate the"
        " layer from the first step (He et al. 2015; NeuraLint)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The kernel initializers of hidden layers."""
        assert program.graph is not None
        for block in hidden_blocks(program.graph):
            layer = block.layer
            trouble = _trouble(program, layer)
            if trouble is None or layer.site is None or block.those("merge"):
                continue
            words, exact = trouble
            level: Proof = proof(exact, graph_seen(program))
            yield Suspicion(
                site=layer.site,
                message=f"The weights of '{layer.name}' {words}.",
                evidence=Evidence(static={"initializer": _written(program, layer)}),
                fix=_fix(program, layer),
                proof=level,
            )


def _written(program: Program, layer: Layer) -> str | None:
    """The initializer as the source writes it, else as the framework names it."""
    call = layer_call(program.source, layer)
    for keyword in ARGUMENTS:
        given = call.argument(keyword) if call else None
        if given is not None:
            return given.text
    return layer.initializer


def _trouble(program: Program, layer: Layer) -> tuple[str, bool] | None:
    """What is wrong, and whether that is exact; None when nothing is."""
    written = _written(program, layer)
    if written is None:
        return None
    name = re.sub(r"[^a-z]", "", written.rpartition(".")[2].split("(")[0].lower())
    if name in CONSTANT:
        return f"all start at one value ({written})", True
    given = re.search(r"std(?:dev)?\s*=\s*([0-9.eE+-]+)", written)
    if given is None or name not in ("randomnormal", "truncatednormal", "normal"):
        return None
    inputs = _fan_in(layer)
    if inputs is None:
        return None
    deviation, usual = float(given.group(1)), math.sqrt(2.0 / inputs)
    if deviation <= TIMES_HE * usual:
        return None
    return (
        f"start with a deviation of {number(deviation)}, {number(deviation / usual)} times what"
        f" {inputs:,} inputs allow",
        False,
    )


def _fan_in(layer: Layer) -> int | None:
    channels = layer.input_channels
    if channels is None and layer.input_shape:
        channels = layer.input_shape[-1]
    return None if channels is None else channels * math.prod(layer.kernel_size or (1,))


def _fix(program: Program, layer: Layer) -> FixPlan | Declined:
    call = layer_call(program.source, layer)
    for keyword in ARGUMENTS:
        if call is not None and call.argument(keyword) is not None:
            change = RemoveArgument(call.site, keyword)
            return FixPlan("use the framework's own initializer", (change,))
    return Declined("the initializer is not written as an argument of the layer")


EXAMPLES = (
    Example(
        "a deviation of one over 784 inputs",
        sample(
            "model.add(Dense(30, kernel_initializer=RandomNormal(stddev=1)))",
            layers=(dense(1, 30, "relu", input_channels=784), dense(1, 10)),
        ),
        found=(Found(1, "19.8 times what 784 inputs allow", "Dense(30)"),),
    ),
    Example(
        "all zeros",
        sample(
            "model.add(Dense(30, kernel_initializer='zeros'))",
            layers=(dense(1, 30, "relu"), dense(1, 10)),
        ),
        found=(Found(1, "all start at one value", "Dense(30)", "contract"),),
    ),
    Example(
        "a small deviation",
        sample(
            "model.add(Dense(30, kernel_initializer=RandomNormal(stddev=0.05)))",
            layers=(dense(1, 30, "relu", input_channels=784), dense(1, 10)),
        ),
    ),
    Example(
        "zeros on the output",
        sample(
            "model.add(Dense(10, kernel_initializer='zeros'))",
            layers=(dense(1, 10, "softmax"),),
        ),
    ),
    Example("nothing set", sample("Dense(8)", layers=(dense(1, 8, "relu"), dense(1, 1)))),
)
