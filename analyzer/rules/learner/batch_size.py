"""A batch size far from the usual.

What it finds
    Batches of fewer than eight samples, or of more than a thousand that are a large part of the
    data.
Why it hurts
    Small batches give noisy gradients, waste the hardware, and starve batch normalization of
    statistics. Large ones give few steps per epoch and tend to end in sharper minima.
How it is measured
    Samples per step against the number of training samples.
When it is right
    All data at once when there is little of it; small batches of very large inputs.
Example
    model.fit(x_train, y_train, batch_size=1, epochs=10)
Instead
    model.fit(x_train, y_train, batch_size=32, epochs=10)
The fix
    32. Not safe: speed and result change.
Sources
    Theia section 4.1.12 (IBS: 32 to 256); Bengio 2012, section 3.1.1; Keskar et al. 2017. The wider
    band is ours: 16 and 512 are common in sound programs.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import Site
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count, data_seen, first_site
from analyzer.rules.samples import sample, table
from analyzer.source.calls import Argument

SMALL = 8  # samples per step below which gradients are very noisy
LARGE = 1000  # samples per step from which steps become few
FEW_STEPS = 50  # steps per epoch below which a large batch is noticed
TINY_DATA = 64  # samples for which any batch is right
USUAL = "32"


class BatchSize(Rule):
    """Steps from too few or too many samples."""

    code = "FL402"
    name = "batch-size-out-of-band"
    paper = "IBS"
    kind = "batch_size"
    severity = "advice"
    confidence = 0.45
    needs = ("learner",)
    why = (
        "Batches of 32 to 256 samples balance the noise of gradients and the number of steps"
        " (Theia, IBS; Bengio 2012)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The batch size of the fit call or the loader."""
        learner = program.learner
        assert learner is not None
        size, samples = learner.batch_size, _samples(program)
        if size is None:
            yield self.unchecked("the batch size is not known")
            return
        site = first_site(learner.batch_size_site, learner.fit_site)
        if site is None or (samples is not None and samples <= TINY_DATA):
            return
        few = samples is not None and size > LARGE and samples / size < FEW_STEPS
        if size < SMALL or few:
            sees = count(size, "sample") if samples is None else f"{size:,} of {samples:,} samples"
            yield Suspicion(
                site=site,
                message=f"Each step sees {sees}; usual are 32 to 256.",
                evidence=Evidence(static={"batch_size": size}, data={"samples": samples}),
                fix=_fix(program, site),
            )


def _samples(program: Program) -> int | None:
    if program.data is None or not data_seen(program) or not program.data.inputs:
        return None
    return program.data.inputs[0].samples


def _fix(program: Program, site: Site) -> FixPlan | Declined:
    for call in program.source.by_role("fit", "loader"):
        given: Argument | None = call.argument("batch_size")
        if given is None or not given.known:
            continue
        if site in (given.site, given.value_site, call.site):
            place = given.value_site or given.site
            change = ReplaceExpression(place, USUAL)
            return FixPlan(f"use batches of {USUAL}", (change,), safe=False)
    return Declined("the batch size is not written as a number")


FIT = "model.fit(x, y, batch_size=1, epochs=10)"


def _program(size: int, samples: int, text: str = FIT) -> Program:
    program = sample(text, inputs=table(samples=samples), learner={"batch_size": size})
    call = program.source.by_role("fit")[0]
    return sample(
        text,
        inputs=table(samples=samples),
        learner={"batch_size": size, "fit_site": call.site},
    )


EXAMPLES = (
    Example(
        "one sample per step",
        _program(1, 1000),
        found=(Found(1, "Each step sees 1 of 1,000", "batch_size=32"),),
    ),
    Example(
        "a handful of steps per epoch",
        _program(2000, 60_000, FIT.replace("1,", "2000,")),
        found=(Found(1, "Each step sees 2,000", "batch_size=32"),),
    ),
    Example("sixteen", _program(16, 1000)),
    Example("all of tiny data", _program(4, 4)),
    Example("many steps all the same", _program(2048, 1_000_000)),
    Example(
        "not known",
        sample(FIT, learner={"epochs": 10}),
        unchecked="batch size is not known",
    ),
)
