"""A large model without any regularization.

What it finds
    A model without dropout or normalization layers that has many more parameters than training
    samples, or that is trained for very many epochs without a look at validation data.
Why it hurts
    With more parameters than samples a network can store the training data; dropout makes it rely
    on many units instead of a few.
How it is measured
    Trainable parameters over training samples (at least 5), layers that regularize (none), and
    regularizers, augmentation or early stopping in the code (none). Where the samples are not
    known: epochs (at least 100), hidden layers (at least 2) and validation data (none). One finding
    per model, at the hidden layer with most parameters.
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
MANY_EPOCHS = 100  # epochs after which an unwatched network has usually stored its data
BLIND_CONFIDENCE = 0.4  # of findings that do not know the number of samples
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
        words, blind = _by_samples(program) or _by_epochs(program), _samples(program) is None
        hidden = [block.layer for block in hidden_blocks(graph) if block.layer.site]
        if words is None and blind:
            yield self.unchecked("needs the number of training samples and parameters")
        if words is None or not hidden:
            return
        layer = max(hidden, key=lambda each: each.parameters)
        assert layer.site is not None
        yield Suspicion(
            site=layer.site,
            message=f"{words} without dropout.",
            evidence=Evidence(static={"parameters": trainable_parameters(graph)}),
            fix=Declined("which regularization fits must be tried"),
            confidence=BLIND_CONFIDENCE if blind else None,
        )


def _by_samples(program: Program) -> str | None:
    """Parameters against samples in words, when there are too many."""
    samples = _samples(program)
    parameters = trainable_parameters(program.graph) if program.graph else 0
    if samples is None or parameters < RATIO * samples:
        return None
    ratio = number(parameters / max(samples, 1))
    return f"{parameters:,} parameters learn from {samples:,} samples ({ratio} per sample)"


def _by_epochs(program: Program) -> str | None:
    """Epochs in words, when there are very many and nothing watches them."""
    learner, graph = program.learner, program.graph
    if _samples(program) is not None or learner is None or graph is None:
        return None
    watched = learner.validation_split or any(
        call.argument(keyword) is not None
        for call in program.source.by_role("fit")
        for keyword in ("validation_data", "validation_split")
    )
    many = (learner.epochs or 0) >= MANY_EPOCHS and len(hidden_blocks(graph)) > 1
    return f"{learner.epochs} epochs without validation data, and" if many and not watched else None


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
    Example(
        "a hundred and fifty epochs that nothing watches",
        sample(
            """
            Dense(12)
            Dense(3)
            model.fit(x, y, epochs=150)
            """,
            layers=(
                dense(1, 12, "relu", parameters=48),
                dense(2, 3, "relu", parameters=39),
                dense(2, 1, "sigmoid", parameters=4),
            ),
            learner={"epochs": 150},
        ),
        found=(Found(1, "150 epochs without validation data", None),),
    ),
    Example("data not seen", sample("x = 1", layers=NET), unchecked="number of training samples"),
)
