"""Validation items that come out differently each time.

What it finds
    A validation or test set whose items are random: flips, crops or noise that belong to training.
Why it hurts
    The validation figure jumps from one epoch to the next without any change of the network, and
    is worse than what the network can do; early stopping and model selection follow the noise.
How it is measured
    Some items are read twice from the held-out dataset when the warm-up is over: inputs that differ
    while their targets do not. All random states are put back.
When it is right
    When noise is the task itself (denoising, masked tokens: their targets differ or are the size of
    the inputs), or for an average over augmented test items.
Example
    train_set, val_set = random_split(Images(transform=flip_and_crop), [800, 200])
Instead
    val_set = Subset(Images(transform=center_crop), val_set.indices)
The fix
    None is offered: which transformation the validation needs is the author's choice.
Sources
    Goodfellow, Bengio and Courville, Deep Learning, section 7.4; PyTorch forum, "Changing
    transforms after creating a dataset".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import LoaderFacts, Observation, TwoReads
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.loaders import INVENTED, own_loaders
from analyzer.rules.reading.losses import CLASSIFICATION, only_loss
from analyzer.rules.reading.proof import count
from analyzer.rules.samples import at, sample

FEWEST = 2  # items that differ


class RandomHeldOutItems(Rule):
    """The validation figure is random."""

    code = "FL665"
    name = "random-held-out-items"
    kind = "data_split"
    severity = "warning"
    confidence = 0.9
    needs = ("loader", "loss")
    why = (
        "Augmentation is for training; validation items that change with every read make the"
        " figure jump by itself (Goodfellow et al., section 7.4)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The reads of each held-out set, for a task with classes."""
        loss, facts = only_loss(program), list(own_loaders(program))
        if not facts:
            yield self.unchecked(INVENTED)
        if loss is None or loss.name not in CLASSIFICATION or program.problem == "autoencoder":
            return
        for reads in (reads for loader in facts for reads in loader.reads):
            if reads.site is None or reads.differing < FEWEST or not reads.same_targets:
                continue
            shared = (
                " It reads from the dataset object of the training set."
                if reads.trained_dataset
                else ""
            )
            yield Suspicion(
                site=reads.site,
                message=(
                    f"{reads.differing} of {count(reads.items, 'item')} of {reads.name} came out"
                    f" differently when they were read twice: augmentation is on.{shared}"
                ),
                evidence=Evidence(data={"largest_difference": reads.largest, "span": reads.span}),
                fix=Declined("which transformation the validation needs is the author's choice"),
                proof="contract",
                root=f"{self.name}:{reads.site.line}",
            )


TEXT = """
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
val_loader = DataLoader(val_set, batch_size=32)
"""


def _program(loss: str = "cross_entropy", **facts: object) -> Program:
    base = {"name": "val_loader", "items": 4, "differing": 4, "largest": 0.5, "span": 1.0}
    base |= {"same_targets": True, "site": at(2)}
    reads = TwoReads.model_validate({**base, **facts})
    seen = Observation(loader=LoaderFacts(reads=(reads,)))
    return sample(TEXT, framework="torch", loss=loss, observation=seen)


EXAMPLES = (
    Example(
        "augmented validation images",
        _program(trained_dataset=True),
        found=(Found(2, "4 of 4 items of val_loader came out differently", None, "contract"),),
    ),
    Example("the same item twice", _program(differing=0, largest=0.0)),
    Example("denoising: the noise is the task", _program("mse")),
    Example("masked tokens: the targets differ too", _program(same_targets=False)),
)
