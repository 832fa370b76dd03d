"""A dropout rate that leaves too little.

What it finds
    Dropout of 0.5 or more behind convolutions, of more than 0.6 behind dense layers.
Why it hurts
    Convolutions share their weights and overfit little: dropping half of their maps removes signal
    in every layer, and four such layers leave 6% of the paths. High rates make a network underfit.
How it is measured
    The rates of dropout layers and the weighted layer in front of each; one finding per model, at
    the first.
When it is right
    On very wide dense layers with few samples.
Example
    model.add(Conv2D(128, (3, 3), activation="relu"))
    model.add(Dropout(0.5))
Instead
    model.add(Conv2D(128, (3, 3), activation="relu"))
    model.add(Dropout(0.2))
The fix
    0.2 behind convolutions, 0.5 behind dense layers, for all of them. Not safe: rates must be
    tried.
Sources
    Srivastava et al. 2014, section 7.3 and appendix A.4 (0.5 for dense layers, less for lower
    layers); Theia's table of faults, "decrease dropout rate"; UMLAUT's bound of 0.5.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Change, Declined, FixPlan, ReplaceExpression
from analyzer.observed import Layer
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.mends import layer_call
from analyzer.rules.reading.proof import count, number
from analyzer.rules.reading.stack import CONVOLUTIONS, blocks
from analyzer.rules.samples import conv, dense, other, sample

CONV_LIMIT = 0.5  # rate from which dropout behind a convolution is high
DENSE_LIMIT = 0.6  # rate above which dropout behind a dense layer is high
CONV_USUAL, DENSE_USUAL = 0.2, 0.5


class HighDropoutRate(Rule):
    """Too few values survive."""

    code = "FL212"
    name = "high-dropout-rate"
    kind = "dropout"
    severity = "advice"
    confidence = 0.6
    needs = ("graph",)
    why = (
        "Convolutions share weights and need little dropout; high rates in several layers make a"
        " network underfit (Srivastava et al. 2014, appendix A.4)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """All dropouts of the model, as one finding."""
        found = list(_high(program))
        if not found:
            return
        first, behind_conv = found[0]
        if first.site is None:
            return
        behind = "a convolution" if behind_conv else "a dense layer"
        yield Suspicion(
            site=first.site,
            message=(
                f"Dropout of {number(first.rate or 0.0)} behind {behind};"
                f" {count(len(found), 'dropout')} of this model"
                f" {'is' if len(found) == 1 else 'are'} that high."
            ),
            evidence=Evidence(static={"rates": [layer.rate for layer, _ in found]}),
            fix=_fix(program, found),
        )


def _high(program: Program) -> Iterator[tuple[Layer, bool]]:
    assert program.graph is not None
    seen: set[int] = set()
    for block in blocks(program.graph):
        behind_conv = block.layer.op in CONVOLUTIONS
        for layer in block.those("dropout"):
            rate = layer.rate or 0.0
            high = rate >= CONV_LIMIT if behind_conv and not block.those("flatten") else False
            if (high or rate > DENSE_LIMIT) and layer.index not in seen:
                seen.add(layer.index)
                yield layer, behind_conv


def _fix(program: Program, found: list[tuple[Layer, bool]]) -> FixPlan | Declined:
    changes: list[Change] = []
    for layer, behind_conv in found:
        call = layer_call(program.source, layer)
        given = (call.argument("rate", 0) or call.argument("p")) if call else None
        if given is None or not given.known:
            return Declined("a rate is not written as a number")
        usual = CONV_USUAL if behind_conv else DENSE_USUAL
        changes.append(ReplaceExpression(given.site, f"{usual:g}"))
    return FixPlan("use lower dropout rates", tuple(changes), safe=False)


def _drop(line: int, rate: float) -> Layer:
    return other(line, "dropout", "Dropout", rate=rate)


EXAMPLES = (
    Example(
        "half of the maps dropped, twice",
        sample(
            """
            model.add(Conv2D(128, (3, 3)))
            model.add(Dropout(0.5))
            model.add(Conv2D(128, (3, 3)))
            model.add(Dropout(0.5))
            model.add(Dense(5))
            """,
            layers=(
                conv(1, 128, "relu"),
                _drop(2, 0.5),
                conv(3, 128, "relu"),
                _drop(4, 0.5),
                dense(5, 5),
            ),
        ),
        found=(Found(2, "2 dropouts of this model are that high", "model.add(Dropout(0.2))"),),
    ),
    Example(
        "half of a dense layer",
        sample("x = 1", layers=(dense(1, 128, "relu"), _drop(1, 0.5), dense(1, 5))),
    ),
    Example(
        "a quarter behind a convolution",
        sample("x = 1", layers=(conv(1, 128, "relu"), _drop(1, 0.25), dense(1, 5))),
    ),
    Example(
        "behind flatten it is the dense layer's",
        sample(
            "x = 1",
            layers=(
                conv(1, 64, "relu"),
                other(1, "flatten", "Flatten"),
                _drop(1, 0.5),
                dense(1, 5),
            ),
        ),
    ),
)
