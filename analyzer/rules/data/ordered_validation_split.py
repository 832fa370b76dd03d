"""A validation split that takes the end of ordered data.

What it finds
    fit(validation_split=...) on labels that come sorted by class.
Why it hurts
    Keras takes the last samples, before it shuffles. With sorted labels these are the last classes:
    they are never trained, and the validation result is about them alone.
How it is measured
    The order of the inspected labels and the split that the fit call asks for.
When it is right
    For time series, where the end is what must be predicted.
Example
    model.fit(x, y, validation_split=0.2)
Instead
    order = np.random.permutation(len(x))
    model.fit(x[order], y[order], validation_split=0.2)
The fix
    None is offered: data in several arrays must be shuffled alike.
Sources
    Keras documentation of fit, "validation_split": the last samples, before shuffling.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.labels import EXCLUSIVE
from analyzer.rules.reading.proof import data_seen, proof
from analyzer.rules.samples import at, labels, sample


class OrderedValidationSplit(Rule):
    """Classes that are validated and never trained."""

    code = "FL305"
    name = "ordered-validation-split"
    kind = "data_split"
    severity = "error"
    confidence = 0.95
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("learner",)
    why = (
        "validation_split takes the last samples before shuffling, which in sorted data are the"
        " last classes (Keras documentation of fit)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The order of the labels under a validation split."""
        learner, data = program.learner, program.data
        assert learner is not None
        if not learner.validation_split or learner.fit_site is None:
            return
        if data is None or not data_seen(program) or len(data.labels) != 1:
            yield self.unchecked("needs the training labels, not seen")
            return
        stats = data.labels[0]
        classes = stats.encoding in (*EXCLUSIVE, "binary") and (stats.classes or 0) > 1
        if stats.ordered and classes and stats.inspected == stats.samples:
            yield Suspicion(
                site=learner.fit_site,
                message=(
                    f"The labels are sorted by class, and validation_split takes the last"
                    f" {learner.validation_split:.0%} of them: the last of {stats.classes} classes."
                ),
                evidence=Evidence(data={"ordered": True, "classes": stats.classes}),
                fix=Declined("data in several arrays must be shuffled alike"),
                proof=proof(data_seen(program)),
            )


FIT = "model.fit(x, y, validation_split=0.2)"
LEARNER = {"validation_split": 0.2, "fit_site": at(1)}

EXAMPLES = (
    Example(
        "sorted labels",
        sample(FIT, targets=labels("integer", 5, ordered=True), learner=LEARNER),
        found=(Found(1, "the last 20% of them: the last of 5 classes", None, "contract"),),
    ),
    Example("shuffled labels", sample(FIT, targets=labels("integer", 5), learner=LEARNER)),
    Example(
        "a time series",
        sample(FIT, targets=labels("continuous", ordered=True), learner=LEARNER),
    ),
    Example(
        "no split",
        sample(
            "model.fit(x, y)", targets=labels("integer", 5, ordered=True), learner={"epochs": 2}
        ),
    ),
    Example("labels not seen", sample(FIT, learner=LEARNER), unchecked="training labels"),
)
