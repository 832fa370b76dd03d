"""Saturating activations in hidden layers.

What it finds
    sigmoid or tanh in hidden dense or convolution layers.
Why it hurts
    Both are flat for large inputs. The slope of sigmoid is at most 0.25, so every such layer
    shrinks the gradient at least fourfold; tanh's is 1 at zero and falls quickly.
How it is measured
    The activations of hidden dense and convolution layers; one finding per model, at the first.
When it is right
    Gates, attention, small networks for smooth functions (regression with tanh), policies; tanh in
    a shallow network trains well enough with scaled inputs.
Example
    model.add(Dense(64, activation="sigmoid"))
    model.add(Dense(10, activation="softmax"))
Instead
    model.add(Dense(64, activation="relu"))
    model.add(Dense(10, activation="softmax"))
The fix
    relu in all of them. Not safe: the result can change in either direction.
Sources
    Theia section 4.1.1 (CNL); Glorot and Bengio 2010, Understanding the difficulty of training deep
    feedforward neural networks; Krizhevsky et al. 2012, section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan
from analyzer.observed import Layer
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.mends import change_activation, together
from analyzer.rules.reading.proof import count, first_site
from analyzer.rules.reading.stack import hidden_blocks, own_activation
from analyzer.rules.samples import activation, conv, dense, sample

SATURATING = frozenset({"sigmoid", "tanh", "hard_sigmoid"})
SMOOTH_TASKS = frozenset({"regression", "autoencoder", "sequence"})  # tanh is a usual choice there


class SaturatingHiddenActivation(Rule):
    """Flat activations where gradients must pass."""

    code = "FL203"
    name = "saturating-hidden-activation"
    paper = "CNL"
    kind = "hidden_activation"
    severity = "advice"
    confidence = 0.5
    needs = ("graph",)
    why = (
        "sigmoid and tanh are flat for large inputs and slow learning in hidden layers (Glorot and"
        " Bengio 2010; Theia, CNL)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """All hidden dense and convolution layers, as one finding."""
        found = list(_saturating(program))
        site = first_site(found[0].site, found[0].call_site) if found else None
        if site is None:
            return
        names = sorted({own_activation(layer) or "" for layer in found})
        yield Suspicion(
            site=site,
            message=(
                f"{count(len(found), 'hidden layer')} of this model"
                f" {'uses' if len(found) == 1 else 'use'} {' and '.join(names)}, which saturate."
            ),
            evidence=Evidence(static={"layers": [layer.name for layer in found]}),
            fix=_fix(program, found),
        )


def _saturating(program: Program) -> Iterator[Layer]:
    assert program.graph is not None
    for block in hidden_blocks(program.graph):
        if block.those("merge", "other", "attention"):
            continue
        for layer in block.activations:
            name = own_activation(layer)
            smooth = name == "tanh" and program.problem in SMOOTH_TASKS
            if name in SATURATING and not smooth:
                yield layer


def _fix(program: Program, layers: list[Layer]) -> FixPlan | Declined:
    plans = [change_activation(program, layer, "relu") for layer in layers]
    plan = together("use relu in the hidden layers", *plans)
    return replace(plan, safe=False) if isinstance(plan, FixPlan) else plan


EXAMPLES = (
    Example(
        "two sigmoid layers are one finding",
        sample(
            """
            model.add(Dense(64, activation="sigmoid"))
            model.add(Dense(32))
            model.add(Activation("sigmoid"))
            model.add(Dense(10, activation="softmax"))
            """,
            layers=(
                dense(1, 64, "sigmoid"),
                dense(2, 32),
                activation(3, "sigmoid"),
                dense(4, 10, "softmax"),
            ),
        ),
        found=(Found(1, "2 hidden layers of this model use sigmoid", 'Activation("relu")'),),
    ),
    Example(
        "tanh in a convolution",
        sample(
            "model.add(Conv2D(8, (3, 3), activation='tanh'))",
            layers=(conv(1, 8, "tanh"), dense(1, 2, "softmax")),
        ),
        found=(Found(1, "1 hidden layer", "activation='relu'"),),
    ),
    Example(
        "tanh for a smooth function",
        sample("x = 1", layers=(dense(1, 8, "tanh"), dense(1, 1)), problem="regression"),
    ),
    Example(
        "sigmoid on the output",
        sample("x = 1", layers=(dense(1, 8, "relu"), dense(1, 1, "sigmoid"))),
    ),
)
