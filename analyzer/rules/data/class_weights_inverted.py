"""Class weights that grow with the counts.

What it finds
    Class weights that are proportional to the counts of the classes, where weights against
    imbalance are inverse to them: counts / counts.sum(), a dictionary written the wrong way round,
    positives / negatives as pos_weight.
Why it hurts
    The frequent class counts twice, once by its number and once by its weight. With 95% of class 0
    and such weights, class 1 has 0.3% of the loss, and a model that always says 0 is nearly as good
    as any.
How it is measured
    The weights that the loss or fit was given beside the share of each class in all training
    labels. Weight by share must be the same for every class within 0.5% where the most frequent
    class has at least twice the labels of the rarest, within 10% from three times on; or the
    weights are, within the same, the balancing ones in the reverse order of the classes. Not
    looked at: labels seen in part, samplers that choose classes, weights inside a loss of the
    program's own.
When it is right
    Errors on the frequent class may cost more: weights that only favor it, without being the
    counts, are not named, nor are two written whole numbers, nor programs that speak of
    costs. Who thins out the frequent class and weighs it up again does the right thing, and so does
    alpha of a focal loss: a program that mentions either is not judged.
Example
    weights = counts / counts.sum()
    criterion = nn.CrossEntropyLoss(weight=weights)
Instead
    weights = counts.sum() / (len(counts) * counts)
    criterion = nn.CrossEntropyLoss(weight=weights)
The fix
    n / (classes * count), to three digits, where the weights are written as numbers; none where
    they are computed.
Sources
    King and Zeng 2001, Logistic regression in rare events data (section 4.2); scikit-learn,
    compute_class_weight, "balanced"; PyTorch documentation of BCEWithLogitsLoss, "pos_weight";
    Google, Machine learning crash course, "Imbalanced datasets" (downsampling and upweighting).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import LabelStats, LossUse, Site
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.class_weights import (
    Weighed,
    balance_weights,
    weighed_classes,
    weights_site,
    whole_text,
)
from analyzer.rules.reading.loaders import percent
from analyzer.rules.reading.losses import CLASSIFICATION
from analyzer.rules.reading.proof import data_seen, learner_seen, number
from analyzer.rules.sample_calls import PATH
from analyzer.rules.samples import labels, sample

EXACT = 1.005
"""Largest weight by share over the smallest, where weights were computed from these counts."""
EXACT_IMBALANCE = 2.0
"""Labels of the most frequent class over those of the rarest."""
ROUGH = 1.1
"""The same for weights that were rounded, or counted before a split (own choice)."""
ROUGH_IMBALANCE = 3.0
"""Written weights of 2 to 1 are also chosen for what errors cost (own choice)."""
PLAIN_SAMPLERS = frozenset({None, "SequentialSampler", "RandomSampler", "DistributedSampler"})
OTHER_PURPOSES = re.compile(
    r"focal|resampl|(?:down|under|over)[_ -]?sampl|up[_ -]?weigh|imblearn|smote|importance"
    r"|sample_from_datasets|thin(?:ned|ning)|cost_|_cost|costs|penalt|false_(?:alarm|positive)",
    re.IGNORECASE,
)


class ClassWeightsInverted(Rule):
    """The frequent class counts twice."""

    code = "FL310"
    name = "class-weights-inverted"
    kind = "loss"
    severity = "warning"
    confidence = 0.95
    needs = ("loss",)
    why = (
        "Weights against imbalance are inverse to the counts (scikit-learn, compute_class_weight);"
        " these let the rare class vanish from the loss."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The weights of the only loss against the counts of the only labels."""
        assert program.learner is not None
        uneven = [loss for loss in program.learner.losses if _uneven(loss.class_weights or ())]
        if not uneven:
            return
        loss = uneven[0]
        obstacle = _obstacle(program, loss)
        classes = None if obstacle else weighed_classes(loss, _labels(program))
        site = weights_site(program, loss)
        if classes is None or site is None:
            yield self.unchecked(obstacle or "needs labels that are classes, with their weights")
        elif len(classes) > 1 and _inverted(sorted(classes, key=lambda each: each.share)):
            found = _suspicion(program, loss, classes, site)
            if isinstance(found.fix, Declined) or not _is_cost(classes):
                yield found


def _suspicion(
    program: Program, loss: LossUse, classes: tuple[Weighed, ...], site: Site
) -> Suspicion:
    rare, most = (pick(classes, key=lambda each: each.share) for pick in (min, max))
    shares = {f"share_{each.number}": each.share for each in (rare, most)}
    weights = {f"weight_{each.number}": each.weight for each in (rare, most)}
    return Suspicion(
        site=site,
        message=(
            f"Class {most.number} is {percent(most.share)} of the training labels and weighs"
            f" {number(most.weight / rare.weight)} times as much as class {rare.number}, which is"
            f" {percent(rare.share)}."
        ),
        evidence=Evidence(data=shares, trace=weights),
        fix=balance_weights(program, loss, classes),
        proof="contract",
    )


def _uneven(weights: Sequence[float]) -> bool:
    """Whether the weights differ enough to follow an imbalance that counts."""
    counted = [weight for weight in weights if weight > 0]
    return len(counted) > 1 and max(counted) * EXACT >= EXACT_IMBALANCE * min(counted)


def _labels(program: Program) -> LabelStats:
    assert program.data is not None
    return program.data.labels[0]


def _obstacle(program: Program, loss: LossUse) -> str | None:
    """Why weights and counts cannot be compared; None when they can."""
    learner, data = program.learner, program.data
    if learner is None or not learner_seen(program) or len(learner.losses) != 1:
        return "needs one loss, seen in a run"
    if data is None or not data_seen(program) or len(data.labels) != 1:
        return "needs the program's own labels, of one output"
    if loss.custom or loss.name not in CLASSIFICATION or loss.reduction == "none":
        return "what becomes of the weighted losses is not known"
    if learner.sampler not in PLAIN_SAMPLERS:
        return f"{learner.sampler} chooses how often each class is drawn"
    found = data.labels[0]
    if found.samples is None or found.inspected < found.samples:
        return "the training labels were seen in part"
    said = OTHER_PURPOSES.search(whole_text(program.source))
    return f"weights may be meant so where the program speaks of {said[0]!r}" if said else None


def _inverted(classes: Sequence[Weighed]) -> bool:
    """Whether the weights follow the counts; classes from the rarest to the most frequent."""
    imbalance = classes[-1].share / classes[0].share
    straight = [each.weight / each.share for each in classes]
    turned = [
        each.weight * other.share for each, other in zip(classes, reversed(classes), strict=True)
    ]
    for quotients in (straight, turned):
        spread = max(quotients) / min(quotients)
        if (spread <= EXACT and imbalance >= EXACT_IMBALANCE) or (
            spread <= ROUGH and imbalance >= ROUGH_IMBALANCE
        ):
            return True
    return False


def _is_cost(classes: Sequence[Weighed]) -> bool:
    """Whether two weights are whole numbers, as costs are written."""
    return len(classes) == 2 and all(float(each.weight).is_integer() for each in classes)


KERAS = """
model.compile("adam", "binary_crossentropy")
model.fit(x, y, class_weight={0: 0.95, 1: 0.05})
"""
COMPUTED = """
weights = counts / counts.sum()
criterion = nn.CrossEntropyLoss(weight=weights)
"""
WRITTEN = """
weights = torch.tensor([0.6, 0.3, 0.1])
criterion = nn.CrossEntropyLoss(weight=weights)
"""
POSITIVE = """
criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([0.1]))
"""
RARE = (0.95, 0.05)


def _keras(weights: Sequence[float], balance: Sequence[float] = RARE, **facts: object) -> Program:
    target = {"balance": tuple(balance), "min": 0.0, "max": 1.0, **facts}
    text = KERAS.replace("0: 0.95, 1: 0.05", f"0: {weights[0]}, 1: {weights[1]}")
    start = text.splitlines()[2].index("{")
    end = text.splitlines()[2].index("}") + 1
    place = Site(path=PATH, line=2, column=start, end_line=2, end_column=end)
    return sample(
        text,
        loss="binary_crossentropy",
        loss_facts={"class_weights": tuple(weights), "class_weights_site": place},
        targets=labels("binary", 2, **target),
    )


def _torch(
    text: str,
    weights: Sequence[float],
    balance: Sequence[float],
    loss: str = "cross_entropy",
    **facts: object,
) -> Program:
    lines = text.strip().splitlines()
    start = lines[-1].index("weight=") + len("weight=")
    line, end = len(lines), len(lines[-1]) - 1
    place = Site(path=PATH, line=line, column=start, end_line=line, end_column=end)
    return sample(
        text,
        framework="torch",
        loss=loss,
        loss_facts={"class_weights": tuple(weights), "class_weights_site": place},
        targets=labels(
            "binary" if len(balance) == 2 else "integer",
            len(balance),
            balance=tuple(balance),
            min=0.0,
        ),
        learner=dict(facts),
    )


THREE = (0.6, 0.3, 0.1)
EXAMPLES = (
    Example(
        "a dictionary the wrong way round",
        _keras((0.95, 0.05)),
        found=(Found(2, "weighs 19 times as much", "{0: 0.526, 1: 10.0}", "contract"),),
    ),
    Example(
        "shares as weights",
        _torch(COMPUTED, THREE, THREE),
        found=(Found(2, "Class 0 is 60% of the training labels", None, "contract"),),
    ),
    Example(
        "written shares",
        _torch(WRITTEN, THREE, (0.59, 0.31, 0.1)),
        found=(Found(2, "weighs 6 times", "torch.tensor([0.565, 1.08, 3.33])", "contract"),),
    ),
    Example(
        "balancing weights in reverse order",
        _torch(COMPUTED, (6.0, 2.0, 1.0), THREE),
        found=(Found(2, "weighs 6 times as much as class 2", None, "contract"),),
    ),
    Example(
        "positives by negatives",
        _torch(POSITIVE, (1.0, 0.1), (0.909, 0.091), "bce_with_logits"),
        found=(Found(1, "weighs 10 times", "torch.tensor([9.99])", "contract"),),
    ),
    Example("balancing weights", _keras((0.526, 10.0))),
    Example("balanced classes", _keras((0.9, 0.1), (0.5, 0.5))),
    Example("weights that only favor the frequent class", _keras((5.0, 1.0))),
    Example("weights of 2 to 1 on about such labels", _keras((2.0, 1.0), (0.68, 0.32))),
    Example("equal weights", _keras((1.0, 1.0))),
    Example("square roots of the counts", _torch(COMPUTED, (2.45, 1.73, 1.0), THREE)),
    Example("padding that weighs nothing", _torch(COMPUTED, (0.0, 1.0, 3.0), THREE)),
    Example(
        "a sampler that draws classes evenly",
        _torch(COMPUTED, THREE, THREE, sampler="WeightedRandomSampler"),
        unchecked="WeightedRandomSampler chooses",
    ),
    Example("labels seen in part", _keras(RARE, inspected=640), unchecked="seen in part"),
    Example(
        "a frequent class that was thinned out",
        _torch("x, y = downsample(x, y, 10)" + COMPUTED, (10.0, 1.0), (0.909, 0.091)),
        unchecked="'downsampl'",
    ),
)
