"""Classes that are validated and never trained.

What it finds
    A validation or test set with classes that the training set has not one sample of.
Why it hurts
    The network cannot learn a class that it never sees. The validation result says nothing about
    the classes that were trained, and early stopping ends the training at a random moment.
How it is measured
    The exact sets of class numbers on both sides, and the share of held-out labels that belong to
    classes without a training sample; at least a twentieth of them counts.
When it is right
    For another model, as in pretraining on fewer classes: a set with more classes than the model
    has outputs is not looked at. In retrieval and few-shot learning, where the classes of the test
    are new on purpose; the loss then compares samples, and only a cross-entropy over fixed classes
    is looked at here.
Example
    train, test = Subset(data, range(800)), Subset(data, range(800, 1000))  # sorted by class
Instead
    train, test = random_split(data, [800, 200])
The fix
    None is offered: data in several arrays must be shuffled alike.
Sources
    Keras documentation of fit, "validation_split"; scikit-learn user guide 3.1.2.2, stratified
    cross-validation. The bound is ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import HeldOut, LoaderFacts, Observation
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import only_head
from analyzer.rules.reading.loaders import INVENTED, own_loaders, percent
from analyzer.rules.reading.losses import CLASSIFICATION, only_loss
from analyzer.rules.samples import at, linear, sample

BINARY = 2  # classes of a single output
SHARE = 0.05  # of the held-out labels; a single rare sample is chance


class UntrainedClassesHeldOut(Rule):
    """The network is tested on classes that it never saw."""

    code = "FL662"
    name = "untrained-classes-held-out"
    kind = "data_split"
    severity = "error"
    confidence = 0.95
    needs = ("loader", "loss")
    why = (
        "A class without a training sample cannot be learned; the validation result is about it"
        " alone (scikit-learn user guide 3.1.2.2)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The classes of each held-out set."""
        loss, facts = only_loss(program), list(own_loaders(program))
        if not facts:
            yield self.unchecked(INVENTED)
        if loss is None or loss.name not in CLASSIFICATION:
            return
        head = only_head(program)
        outputs = max(BINARY, head.width) if head is not None and head.width else None
        for held in (held for loader in facts for held in loader.held_out):
            if held.site is None or not held.novel or held.novel_share < SHARE:
                continue
            if outputs is not None and held.classes > outputs:
                yield self.unchecked(f"{held.name} has more classes than the model has outputs")
                continue
            yield Suspicion(
                site=held.site,
                message=(
                    f"{percent(held.novel_share)} of the labels in {held.name} belong to"
                    f" {held.novel} of {held.classes} classes without a single training sample."
                ),
                evidence=Evidence(data={"novel": held.novel, "share": held.novel_share}),
                fix=Declined("data in several arrays must be shuffled alike"),
                proof="contract",
                root=f"data_split:{held.site.line}",
                yields_to=("folds-of-sorted-rows",),
            )


TEXT = """
train_loader = DataLoader(Subset(data, range(800)), batch_size=32, shuffle=True)
val_loader = DataLoader(Subset(data, range(800, 1000)), batch_size=32)
"""


def _program(loss: str = "cross_entropy", **facts: object) -> Program:
    held = HeldOut.model_validate({"name": "val_loader", "site": at(2), "rows": 200, **facts})
    seen = Observation(loader=LoaderFacts(batches=20, held_out=(held,)))
    return sample(TEXT, framework="torch", loss=loss, observation=seen, layers=(linear(1, 5),))


EXAMPLES = (
    Example(
        "the last classes are held out",
        _program(classes=2, novel=2, novel_share=1.0),
        found=(Found(2, "100% of the labels in val_loader belong to 2 of 2", None, "contract"),),
    ),
    Example("the same classes on both sides", _program(classes=5)),
    Example("one sample of a rare class", _program(classes=6, novel=1, novel_share=0.005)),
    Example(
        "a set for another model, with more classes than this one has outputs",
        _program(classes=10, novel=8, novel_share=0.8),
        unchecked="more classes than the model has outputs",
    ),
    Example(
        "new classes for a metric",
        _program("triplet_margin", classes=5, novel=5, novel_share=1.0),
    ),
)
