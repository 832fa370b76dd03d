"""A training that ends before it began.

What it finds
    One or two epochs for a model that starts from random weights and sees little data; so few steps
    that no weight can leave the place where it was drawn.
Why it hurts
    Weights move by about the learning rate per step. A few hundred steps leave most of them where
    they were drawn.
How it is measured
    Epochs (at most 2) and, where samples and batch size are known, steps in all (fewer than 500).
    With Adam and its kin a step moves a weight by about the learning rate at most: steps times rate
    below half of the least standard deviation that a layer's weights start with.
When it is right
    Fine-tuning, large data, smoke tests, demonstrations.
Example
    model.fit(train, epochs=1)
Instead
    model.fit(train, epochs=20, callbacks=[EarlyStopping(patience=3)])
The fix
    None is offered: the number must be found with a validation set.
Sources
    Theia's table of faults, "increase the number of epochs"; Bengio 2012, section 3.1.2 (early
    stopping); Kingma and Ba 2015, section 2.1 (the bound of a step); Glorot and Bengio 2010.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import Layer, Learner
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count, data_seen, first_site, number
from analyzer.rules.reading.reach import reach, smallest_spread
from analyzer.rules.samples import at, dense, sample, table

FEW = 2  # epochs
ENOUGH_STEPS = 500  # steps in all from which a single epoch can be enough
SHARE = 0.5  # of the deviation that the weights start with; to be moved by less is to stay


class FewEpochs(Rule):
    """Too few steps to learn anything."""

    code = "FL403"
    name = "few-epochs"
    kind = "epochs"
    severity = "advice"
    confidence = 0.5
    needs = ("learner",)
    why = "A few hundred steps leave most weights where they were drawn (Bengio 2012)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The epochs of the fit call or the loop."""
        learner = program.learner
        assert learner is not None
        if learner.epochs is None:
            yield self.unchecked("the number of epochs is not known")
            return
        if program.graph is not None and program.graph.backbone:
            return
        steps = _steps(program, learner)
        short = _short_of(program, learner, steps)
        brief = learner.epochs <= FEW and (steps is None or steps < ENOUGH_STEPS)
        site = first_site(learner.epochs_site, learner.fit_site)
        if site is None or not (brief or short):
            return
        total = f", {steps:,} steps in all" if steps is not None else ""
        yield Suspicion(
            site=site,
            message=f"The model is trained for {count(learner.epochs, 'epoch')}{total}{short}.",
            evidence=Evidence(static={"epochs": learner.epochs}, data={"steps": steps}),
            fix=Declined("the number must be found with a validation set"),
        )


def _short_of(program: Program, learner: Learner, steps: int | None) -> str:
    """That no weight can leave the place where it was drawn, in words; empty when it can."""
    if steps is None or program.graph is None or len(learner.optimizers) != 1:
        return ""
    (optimizer,) = learner.optimizers
    far, spread = reach(optimizer, steps), smallest_spread(program.graph, program.framework)
    if far is None or spread is None or far >= SHARE * spread:
        return ""
    return (
        f": at the rate {number(optimizer.learning_rate or 0.0)} {optimizer.name} moves a weight by"
        f" about {number(far)} at most, and every layer's weights are drawn with a deviation of"
        f" {number(spread)} or more"
    )


def _steps(program: Program, learner: Learner) -> int | None:
    """Optimizer steps in all, None when unknown."""
    epochs = learner.epochs or 0
    if learner.steps_per_epoch is not None:
        return learner.steps_per_epoch * epochs
    data = program.data
    if data is None or not data_seen(program) or not data.inputs or not learner.batch_size:
        return None
    samples = data.inputs[0].samples
    return None if samples is None else -(-samples // learner.batch_size) * epochs


FIT = "model.fit(x, y, epochs=1)"
SMALL = (
    dense(1, 2, "sigmoid", input_channels=2, parameters=6),
    dense(1, 2, "softmax", input_channels=2, parameters=6),
)


def _of_400_rows(
    epochs: int, *, optimizer: str = "adam", layers: tuple[Layer, ...] = SMALL
) -> Program:
    """Thirteen steps of 32 rows in each epoch, at a rate of 0.001."""
    return sample(
        f"model.fit(x, y, epochs={epochs})",
        layers=layers,
        inputs=table(samples=400),
        optimizer=optimizer,
        optimizer_facts={"learning_rate": 0.001},
        learner={"epochs": epochs, "batch_size": 32, "epochs_site": at(1)},
    )


EXAMPLES = (
    Example(
        "one epoch of 32 steps",
        sample(
            FIT,
            inputs=table(),
            learner={"epochs": 1, "batch_size": 32, "epochs_site": at(1)},
        ),
        found=(Found(1, "1 epoch, 32 steps in all", None),),
    ),
    Example(
        "one epoch of much data",
        sample(
            FIT,
            inputs=table(samples=1_000_000),
            learner={"epochs": 1, "batch_size": 32, "epochs_site": at(1)},
        ),
    ),
    Example(
        "five epochs of 13 steps, which cannot move the weights",
        _of_400_rows(5),
        found=(Found(1, "a weight by about 0.065 at most", None),),
    ),
    Example(
        "fifty epochs of 13 steps",
        _of_400_rows(50),
    ),
    Example(
        "five epochs of 13 steps, by plain gradient descent, whose steps have no bound",
        _of_400_rows(5, optimizer="sgd"),
    ),
    Example(
        "five epochs of 13 steps for wide layers, whose weights start near zero",
        _of_400_rows(5, layers=(dense(1, 300, input_channels=700, parameters=210_300),)),
    ),
    Example("twenty epochs", sample(FIT, learner={"epochs": 20, "epochs_site": at(1)})),
    Example("not known", sample(FIT, learner={"batch_size": 8}), unchecked="number of epochs"),
)
