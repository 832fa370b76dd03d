"""Softmax over a single output unit.

What it finds
    An output layer with one unit whose activation is softmax.
Why it hurts
    Softmax divides each value by the sum over the units. With one unit that is exp(x)/exp(x) = 1
    whatever x is: the model predicts 1.0 for every sample and every gradient is exactly zero.
How it is measured
    The width of the last weighted layer (1) and the last activation behind it, in the graph.
When it is right
    Never for an output. One softmax unit inside an attention over a sequence is another axis.
Example
    model.add(Dense(1, activation="softmax"))
    model.compile(loss="binary_crossentropy", optimizer="adam")
Instead
    model.add(Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam")
The fix
    Sigmoid in place of softmax; for a regression no activation at all. Safe: the output was
    constant before.
Sources
    Definition of softmax; Theia section 4.1.10 (LLM); NeuraLint rule "softmax on one unit"; Keras
    warns about it since 3.0.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import Head, heads
from analyzer.rules.reading.labels import real_targets
from analyzer.rules.reading.mends import change_activation, drop_activation
from analyzer.rules.reading.proof import graph_seen, proof
from analyzer.rules.samples import activation, dense, labels, linear, other, sample

ONE_UNIT = 1  # width at which softmax is the constant one


class SingleUnitSoftmax(Rule):
    """The output is the constant one."""

    code = "FL101"
    name = "single-unit-softmax"
    paper = "LLM"
    kind = "output_activation"
    severity = "error"
    confidence = 0.97
    needs = ("graph",)
    why = (
        "Softmax over one unit is exp(x)/exp(x) = 1: the output and the loss cannot change, and"
        " every gradient is zero (definition of softmax; Theia, LLM)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Every output with one softmax unit."""
        assert program.graph is not None
        for head in heads(program.graph):
            shaper, site = head.shaper, head.site
            if head.width != ONE_UNIT or head.activation != "softmax":
                continue
            if shaper is None or site is None or head.layer.op != "dense":
                continue
            yield Suspicion(
                site=site,
                message="The output layer has 1 unit with softmax, so it is 1.0 for every input.",
                evidence=Evidence(static={"units": 1, "activation": "softmax"}),
                fix=self._fix(program, head),
                proof=proof(graph_seen(program)),
            )

    def _fix(self, program: Program, head: Head) -> FixPlan | Declined:
        assert head.shaper is not None
        if program.problem == "regression" or real_targets(program):
            return drop_activation(program, head.shaper)
        return change_activation(program, head.shaper, "sigmoid")


EXAMPLES = (
    Example(
        "binary classifier with a fused softmax",
        sample(
            """
            model.add(Dense(8, activation="relu"))
            model.add(Dense(1, activation="softmax"))
            model.compile(loss="binary_crossentropy", optimizer="adam")
            """,
            layers=(dense(1, 8, "relu"), dense(2, 1, "softmax")),
            loss="binary_crossentropy",
            loss_line=3,
        ),
        found=(Found(2, "1 unit with softmax", 'Dense(1, activation="sigmoid")', "contract"),),
    ),
    Example(
        "the activation is a layer of its own",
        sample(
            """
            model.add(Dense(1))
            model.add(Activation('softmax'))
            """,
            layers=(dense(1, 1), activation(2, "softmax")),
            origin="static",
        ),
        found=(Found(2, "1.0 for every input", "Activation('sigmoid')"),),
    ),
    Example(
        "a regression loses the activation instead",
        sample(
            """
            model.add(Dense(1))
            model.add(Activation('softmax'))
            """,
            layers=(dense(1, 1), activation(2, "softmax")),
            problem="regression",
        ),
        found=(Found(2, "1 unit", "model.add(Dense(1))", "contract"),),
    ),
    Example(
        "softmax in a PyTorch forward",
        sample(
            """
            class Net(nn.Module):
                def forward(self, x):
                    return F.softmax(self.fc(x), dim=1)
            """,
            framework="torch",
            layers=(linear(3, 1), activation(3, "softmax", "softmax")),
        ),
        found=(Found(3, "softmax", "return torch.sigmoid(self.fc(x))", "contract"),),
    ),
    Example(
        "two units are a sound binary classifier",
        sample(
            """
            model.add(Dense(2, activation="softmax"))
            """,
            layers=(dense(1, 2, "softmax"),),
            targets=labels("one_hot", 2),
        ),
    ),
    Example(
        "one sigmoid unit",
        sample(
            """
            model.add(Dense(1, activation="sigmoid"))
            """,
            layers=(dense(1, 1, "sigmoid"),),
        ),
    ),
    Example(
        "one score per position, softmax inside the model",
        sample(
            """
            score = Dense(1)(x)
            weights = Softmax(axis=1)(score)
            y = Dense(3, activation="softmax")(pooled)
            """,
            layers=(
                dense(1, 1),
                activation(2, "softmax", "Softmax", axis=1),
                other(3, "merge", "Multiply", inputs=(1,)),
                dense(3, 3, "softmax"),
            ),
        ),
    ),
    Example("no model was seen", sample("x = 1"), unchecked="the model's layers"),
)
