"""A training that ends before it began.

What it finds
    One or two epochs for a model that starts from random weights and sees little data.
Why it hurts
    Weights move by about the learning rate per step. A few hundred steps leave most of them where
    they were drawn.
How it is measured
    Epochs (at most 2) and, where samples and batch size are known, steps in all (fewer than 500).
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
    stopping).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import Learner
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count, data_seen, first_site
from analyzer.rules.samples import at, sample, table

FEW = 2  # epochs
ENOUGH_STEPS = 500  # steps in all from which a single epoch can be enough


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
        if learner.epochs > FEW or (program.graph is not None and program.graph.backbone):
            return
        steps = _steps(program, learner)
        site = first_site(learner.epochs_site, learner.fit_site)
        if site is None or (steps is not None and steps >= ENOUGH_STEPS):
            return
        total = f", {steps:,} steps in all" if steps is not None else ""
        yield Suspicion(
            site=site,
            message=f"The model is trained for {count(learner.epochs, 'epoch')}{total}.",
            evidence=Evidence(static={"epochs": learner.epochs}, data={"steps": steps}),
            fix=Declined("the number must be found with a validation set"),
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
    Example("twenty epochs", sample(FIT, learner={"epochs": 20, "epochs_site": at(1)})),
    Example("not known", sample(FIT, learner={"batch_size": 8}), unchecked="number of epochs"),
)
