"""Two activations on the same values.

What it finds
    An activation behind another one with no weighted layer or pooling between them.
Why it hurts
    The second changes nothing (relu of relu) or spoils the first: softmax of values that relu or
    sigmoid has cut cannot become confident, and sigmoid of relu lies in 0.5..1.
How it is measured
    The layers between two nonlinearities, in execution order.
When it is right
    A gate multiplied with its own input is no chain and is not reported.
Example
    model.add(Dense(64, activation="relu"))
    model.add(Activation("relu"))
Instead
    model.add(Dense(64, activation="relu"))
The fix
    The second activation is taken away; on an output, the first.
Sources
    Theia section 4.1.1 (CNL); NeuraLint, "duplicated activation".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.observed import Graph, Layer
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import heads
from analyzer.rules.reading.mends import drop_activation
from analyzer.rules.reading.proof import first_site, graph_seen, proof
from analyzer.rules.reading.stack import NORMALIZATIONS, own_activation, path_before
from analyzer.rules.samples import activation, conv, dense, other, sample

PASSED = NORMALIZATIONS | {"dropout", "flatten", "reshape"}
LIMITING = frozenset({"relu", "sigmoid", "softmax", "tanh"})  # they cut scores on one side or both
SPOILED = frozenset({"softmax", "sigmoid"})  # outputs that a first activation spoils


class DoubledActivation(Rule):
    """A nonlinearity directly behind another."""

    code = "FL202"
    name = "doubled-activation"
    paper = "CNL"
    kind = "hidden_activation"
    severity = "warning"
    confidence = 0.85
    needs = ("graph",)
    why = (
        "One nonlinearity per layer is enough: a second one is useless or distorts the first"
        " (Theia, CNL; NeuraLint)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Every separate activation."""
        graph = program.graph
        assert graph is not None
        outputs = {head.shaper.index for head in heads(graph) if head.shaper}
        for layer in graph.layers:
            first = _first(graph, layer) if layer.op == "activation" else None
            is_output = layer.index in outputs
            surplus = first if is_output else layer
            if first is None or surplus is None:
                continue
            site = first_site(layer.site, layer.call_site)
            if site is None:
                continue
            limited = own_activation(first) in LIMITING
            spoiled = is_output and limited and own_activation(layer) in SPOILED
            yield Suspicion(
                site=site,
                message=(
                    f"{own_activation(layer)} is applied to values"
                    f" that went through {own_activation(first)} already."
                ),
                evidence=Evidence(static={"first": first.name, "second": layer.name}),
                fix=drop_activation(program, surplus),
                kind="output_activation" if is_output else None,
                proof=proof(graph_seen(program), spoiled),
            )


def _first(graph: Graph, layer: Layer) -> Layer | None:
    """The activation whose values `layer` receives with nothing weighted in between."""
    if own_activation(layer) is None:
        return None
    for before in path_before(graph, layer):
        if own_activation(before):
            return before if before.op in ("dense", "conv", "activation") else None
        if before.op not in PASSED:
            return None
    return None


EXAMPLES = (
    Example(
        "relu after a fused relu",
        sample(
            """
            model.add(Dense(64, activation="relu"))
            model.add(Activation("relu"))
            model.add(Dense(1))
            """,
            layers=(dense(1, 64, "relu"), activation(2, "relu"), dense(3, 1)),
        ),
        found=(Found(2, "went through relu already", 'activation="relu"))\nmodel.add(Dense(1))'),),
    ),
    Example(
        "softmax over scores that relu has cut",
        sample(
            """
            model.add(Dense(10, activation="relu"))
            model.add(Activation("softmax"))
            """,
            layers=(dense(1, 10, "relu"), activation(2, "softmax")),
        ),
        found=(
            Found(2, "softmax is applied", "model.add(Dense(10))", "contract", "output_activation"),
        ),
    ),
    Example(
        "softmax of log_softmax is softmax: advice",
        sample(
            """
            y = log_softmax(x)
            z = softmax(y)
            """,
            framework="torch",
            layers=(
                dense(1, 10),
                activation(1, "log_softmax", "log_softmax"),
                activation(2, "softmax", "softmax"),
            ),
        ),
        found=(Found(2, "went through log_softmax", None, "rule", "output_activation"),),
    ),
    Example(
        "one activation per layer",
        sample(
            "x = 1",
            layers=(conv(1, 8), activation(1, "relu"), conv(1, 8), activation(1, "relu")),
        ),
    ),
    Example(
        "pooling between two activations",
        sample(
            "x = 1",
            layers=(
                conv(1, 8, "relu"),
                other(1, "max_pool", "MaxPooling2D"),
                activation(1, "relu"),
                dense(1, 2),
            ),
        ),
    ),
    Example(
        "two branches that are joined",
        sample(
            "x = 1",
            layers=(
                conv(1, 8, "relu"),
                conv(1, 8, "sigmoid", inputs=(0,)),
                other(1, "merge", "Multiply", inputs=(0, 1)),
                activation(1, "relu"),
                dense(1, 2),
            ),
        ),
    ),
)
