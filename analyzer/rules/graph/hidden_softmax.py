"""Softmax in a hidden layer.

What it finds
    A hidden dense layer with softmax whose values go on to the next layer alone.
Why it hurts
    The layer's values sum to one: its units compete, most end near zero, and so do the gradients
    that flow through them. The wider the layer, the smaller the signal (about 1/n per unit).
How it is measured
    The activation of a hidden dense layer in a chain without merges.
When it is right
    In attention, gates and mixtures, where softmax weights are multiplied with other values.
Example
    model.add(Dense(128, activation="softmax"))
    model.add(Dense(7, activation="softmax"))
Instead
    model.add(Dense(128, activation="relu"))
    model.add(Dense(7, activation="softmax"))
The fix
    relu in place of softmax.
Sources
    Theia section 4.1.1 (CNL).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.mends import change_activation
from analyzer.rules.reading.proof import first_site, graph_seen, proof
from analyzer.rules.reading.stack import hidden_blocks, own_activation
from analyzer.rules.samples import activation, dense, other, sample


class HiddenSoftmax(Rule):
    """Hidden units that must share a sum of one."""

    code = "FL204"
    name = "hidden-softmax"
    paper = "CNL"
    kind = "hidden_activation"
    severity = "warning"
    confidence = 0.93
    needs = ("graph",)
    why = (
        "Softmax makes a layer's units share a sum of one, which starves a hidden layer of signal;"
        " it belongs on outputs and attention weights (Theia, CNL)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Every hidden dense layer."""
        assert program.graph is not None
        for block in hidden_blocks(program.graph):
            if block.layer.op != "dense" or block.those("merge", "other"):
                continue
            for layer in block.activations:
                site = first_site(layer.site, layer.call_site)
                if own_activation(layer) != "softmax" or site is None:
                    continue
                yield Suspicion(
                    site=site,
                    message=(
                        f"The hidden layer '{block.layer.name}' goes through softmax:"
                        f" its {block.layer.units or 'many'} units sum to 1."
                    ),
                    evidence=Evidence(static={"units": block.layer.units}),
                    fix=change_activation(program, layer, "relu"),
                    proof=proof(graph_seen(program)),
                )


EXAMPLES = (
    Example(
        "a wide hidden layer",
        sample(
            """
            model.add(Dense(128, activation='softmax'))
            model.add(Dense(7, activation='softmax'))
            """,
            layers=(dense(1, 128, "softmax"), dense(2, 7, "softmax")),
        ),
        found=(Found(1, "its 128 units sum to 1", "Dense(128, activation='relu')", "contract"),),
    ),
    Example(
        "softmax on the output alone",
        sample("x = 1", layers=(dense(1, 128, "relu"), dense(1, 7, "softmax"))),
    ),
    Example(
        "attention weights",
        sample(
            "x = 1",
            layers=(
                dense(1, 16, "tanh"),
                dense(1, 9),
                activation(1, "softmax"),
                other(1, "merge", "Multiply", inputs=(0, 2)),
                dense(1, 2),
            ),
        ),
    ),
)
