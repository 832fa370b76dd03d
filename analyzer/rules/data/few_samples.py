"""Very few training samples.

What it finds
    A training set of fewer than fifty samples, or of fewer than ten per class.
Why it hurts
    A network of any size stores such a set at once; what it answers elsewhere is chance, and a test
    set of a few samples cannot tell.
How it is measured
    The number of training samples, and of classes where labels were seen.
When it is right
    For toy problems that list all their cases, for smoke tests, for fine-tuning on few shots.
Example
    x, y = make_regression(n_samples=10)
    model.fit(x, y)
Instead
    x, y = make_regression(n_samples=1000)
    model.fit(x, y)
The fix
    None is offered: data must be collected or augmented.
Sources
    Theia's table of faults, "increase dataset size"; the bounds are ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.labels import EXCLUSIVE, label_facts
from analyzer.rules.reading.proof import count, data_seen, first_site
from analyzer.rules.samples import at, dense, labels, sample, table

FEW = 50  # samples
FEW_PER_CLASS = 10  # samples
MANY_CLASSES = 2  # classes from which samples are counted per class


class FewSamples(Rule):
    """A set that a network stores at once."""

    code = "FL304"
    name = "few-samples"
    kind = "data_size"
    severity = "advice"
    confidence = 0.5
    needs = ("data",)
    why = "A network stores a set this small at once and learns nothing that holds elsewhere."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The number of training samples."""
        data, graph = program.data, program.graph
        assert data is not None
        samples = data.inputs[0].samples if data_seen(program) else None
        if samples is None:
            yield self.unchecked("the number of training samples is not known")
            return
        if graph is not None and graph.backbone:
            return
        facts = label_facts(program)
        # Labels that exclude each other share the samples; those of multi-hot rows do not.
        shared = facts is not None and facts.seen and facts.encoding in EXCLUSIVE
        classes = (facts.classes if facts and shared else None) or 0
        scarce = classes > MANY_CLASSES and samples < FEW_PER_CLASS * classes
        learner = program.learner
        site = first_site(
            data.site, program.source.data_site, learner.fit_site if learner else None
        )
        if site is not None and (samples < FEW or scarce):
            of = f" of {classes} classes" if classes > MANY_CLASSES else ""
            yield Suspicion(
                site=site,
                message=f"The model is trained on {count(samples, 'sample')}{of}.",
                evidence=Evidence(data={"samples": samples, "classes": classes or None}),
                fix=Declined("data must be collected or augmented"),
            )


NET = (dense(1, 8, "relu"), dense(1, 1))

EXAMPLES = (
    Example(
        "ten samples",
        sample("x = make(10)", layers=NET, inputs=table(samples=10), data={"site": at(1)}),
        found=(Found(1, "10 samples", None),),
    ),
    Example(
        "a hundred samples of twenty classes",
        sample(
            "x = make(100)",
            layers=NET,
            inputs=table(samples=100),
            targets=labels("integer", 20),
            data={"site": at(1)},
        ),
        found=(Found(1, "100 samples of 20 classes", None),),
    ),
    Example(
        "two hundred pictures with masks of 32 columns",
        sample(
            "x = make(200)",
            layers=NET,
            inputs=table(samples=200),
            targets=labels("multi_hot", 32),
            data={"site": at(1)},
        ),
    ),
    Example("a thousand", sample("x = 1", layers=NET, inputs=table(), data={"site": at(1)})),
    Example(
        "few shots on a backbone",
        sample("x = 1", layers=NET, graph={"backbone": True}, inputs=table(samples=20)),
    ),
    Example(
        "a generator of unknown length",
        sample("x = 1", layers=NET, inputs=table(samples=None)),
        unchecked="is not known",
    ),
)
