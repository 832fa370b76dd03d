"""A large model without any regularization.

What it finds
    A model with many more parameters than training samples and neither dropout nor normalization
    layers.
Why it hurts
    With more parameters than samples a network can store the training data; dropout makes it rely
    on many units instead of a few.
How it is measured
    Trainable parameters over training samples (at least 5), layers that regularize (none), and
    regularizers, augmentation or early stopping in the code (none). One finding per model, at the
    hidden layer with most parameters.
When it is right
    With weight decay, early stopping, augmentation, batch normalization, or much data: a missing
    dropout alone is no fault and is not reported.
Example
    model.add(Dense(512, activation="relu"))
    model.add(Dense(1, activation="sigmoid"))
Instead
    model.add(Dense(512, activation="relu"))
    model.add(Dropout(0.3))
    model.add(Dense(1, activation="sigmoid"))
The fix
    None is offered: which regularization fits must be tried.
Sources
    Theia section 4.1.5 (MRD: dropout after every layer, the source of its false alarms on small
    models); Srivastava et al. 2014. The ratio is ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import data_seen, number
from analyzer.rules.reading.scaling import code_lines
from analyzer.rules.reading.stack import NORMALIZATIONS, hidden_blocks, trainable_parameters
from analyzer.rules.samples import dense, other, sample, table

RATIO = 5.0  # trainable parameters per training sample
REGULARIZERS = re.compile(
    r"regulariz|weight_decay|EarlyStopping|early_stop|Random(Flip|Crop|Rotation|Zoom|Horizontal)"
    r"|horizontal_flip|zoom_range|rotation_range|GaussianNoise"
)


class MissingDropout(Rule):
    """Nothing keeps a large model from storing its data."""

    code = "FL210"
    name = "missing-dropout"
    paper = "MRD"
    kind = "dropout"
    severity = "advice"
    confidence = 0.5
    needs = ("graph",)
    why = (
        "With many more parameters than samples a network stores its training data; dropout is the"
        " usual remedy (Srivastava et al. 2014; Theia, MRD)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Parameters against samples, for the whole model."""
        graph = program.graph
        assert graph is not None
        regularizing = NORMALIZATIONS | {"dropout", "augment"}
        if graph.backbone or any(layer.op in regularizing for layer in graph.layers):
            return
        if any(REGULARIZERS.search(line) for _, line in code_lines(program.source)):
            return
        parameters, samples = trainable_parameters(graph), _samples(program)
        if samples is None or parameters == 0:
            yield self.unchecked("needs the number of training samples and parameters")
            return
        hidden = [block.layer for block in hidden_blocks(graph) if block.layer.site]
        if parameters < RATIO * samples or not hidden:
            return
        layer = max(hidden, key=lambda each: each.parameters)
        assert layer.site is not None
        yield Suspicion(
            site=layer.site,
            message=(
                f"{parameters:,} parameters learn from {samples:,} samples"
                f" ({number(parameters / samples)} per sample) without dropout."
            ),
            evidence=Evidence(static={"parameters": parameters}, data={"samples": samples}),
            fix=Declined("which regularization fits must be tried"),
        )


def _samples(program: Program) -> int | None:
    if program.data is None or not data_seen(program) or not program.data.inputs:
        return None
    return program.data.inputs[0].samples


NET = (dense(1, 512, "relu", parameters=40_000), dense(2, 1, "sigmoid", parameters=513))

EXAMPLES = (
    Example(
        "forty parameters per sample",
        sample(
            """
            Dense(512)
            Dense(1)
            """,
            layers=NET,
            inputs=table(),
        ),
        found=(Found(1, "40,513 parameters learn from 1,000 samples (40.5", None),),
    ),
    Example(
        "enough samples",
        sample("x = 1", layers=NET, inputs=table(samples=60_000)),
    ),
    Example(
        "dropout is there",
        sample(
            "x = 1",
            layers=(*NET[:1], other(1, "dropout", "Dropout", rate=0.3), *NET[1:]),
            inputs=table(),
        ),
    ),
    Example(
        "weight decay in the code",
        sample("optim.AdamW(p, weight_decay=0.01)", layers=NET, inputs=table()),
    ),
    Example("data not seen", sample("x = 1", layers=NET), unchecked="number of training samples"),
)
