"""Batch norm over a batch of one sample.

What it finds
    A batch of one sample, the last one of an epoch or every one, that reaches a batch norm layer
    with a single value per channel.
Why it hurts
    The variance of one value is zero. PyTorch raises in train mode, at the end of the first epoch;
    Keras goes on and gives the layer's offset whatever the input is.
How it is measured
    The number of samples of an epoch, the batch size and what becomes of the last batch, all as the
    loader has them; the shape that reaches the layer. The remainder is exact.
When it is right
    Behind convolutions a channel has many values even for one image, and nothing is said. With
    `drop_last=True`, in eval mode, or where the loop itself looks at the size of the batch, it
    cannot happen.
Example
    loader = DataLoader(dataset, batch_size=32)  # of 961 samples
Instead
    loader = DataLoader(dataset, batch_size=32, drop_last=True)
The fix
    `drop_last=True` for the training loader; 32 samples per batch in Keras. Safe.
Sources
    Ioffe, Szegedy, Batch Normalization, ICML 2015, algorithm 1; torch.nn.functional.batch_norm,
    which refuses one value per channel.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan
from analyzer.observed import Census, Layer, Observation
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.mends import exact_call, set_argument
from analyzer.rules.reading.proof import first_site, graph_seen, learner_seen
from analyzer.rules.samples import at, dense, linear, other, sample

SKIPS_SMALL = re.compile(r"(len\(\w+\)|\.size\(0\)|\.shape\[0\])\s*(==|<|<=|>|>=|!=)\s*[12]\b")
"""A loop that looks at the size of its batch knows of the last one."""


class BatchNormOfOne(Rule):
    """A variance over one value."""

    code = "FL609"
    name = "batch-norm-of-one"
    kind = "batch_size"
    severity = "error"
    confidence = 0.97
    needs = ("graph", "learner")
    why = (
        "Batch norm divides by the deviation within the batch, which one value does not have"
        " (Ioffe, Szegedy 2015)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The remainder of the epoch, or a batch size of one."""
        assert program.graph is not None
        norms = [layer for layer in program.graph.layers if _is_flat_norm(layer)]
        if not norms:
            return
        if not (graph_seen(program) and learner_seen(program)):
            yield self.unchecked("needs the batches of a run, not seen")
        elif program.framework == "torch":
            yield from _last_batch(program, norms[0])
        elif program.learner is not None and program.learner.batch_size == 1:
            yield from _every_batch(program, norms[0])


def _is_flat_norm(layer: Layer) -> bool:
    """Whether one sample gives the layer one value per channel."""
    shape = layer.input_shape or layer.output_shape
    if layer.op != "batch_norm" or not shape or any(size is None for size in shape):
        return False
    return len(shape) == 1 or math.prod(size or 0 for size in shape[1:]) == 1


def _last_batch(program: Program, norm: Layer) -> Iterator[Suspicion]:
    census = program.observation.census if program.observation else None
    learner, trace = program.learner, program.trace
    assert learner is not None
    size, samples = learner.batch_size, census.epoch_samples if census else None
    in_eval_mode = trace is not None and trace.cycle is not None and trace.cycle.eval_at_backward
    if census is None or not size or not samples or census.drop_last or in_eval_mode:
        return
    if any(SKIPS_SMALL.search(line) for line in program.source.lines):
        return
    site = first_site(learner.batch_size_site, census.loader_site, norm.site)
    if size > 1 and samples % size == 1 and samples > size and site is not None:
        yield Suspicion(
            site=site,
            message=(
                f"{samples:,} samples in batches of {size} leave a last batch of one, for which"
                f" {norm.name} ({norm.type}) raises in train mode."
            ),
            evidence=Evidence(data={"samples": samples, "batch_size": size}),
            fix=_dropped(program, census),
            proof="contract",
        )


def _dropped(program: Program, census: Census) -> FixPlan | Declined:
    plan = set_argument(exact_call(program.source, census.loader_site), "drop_last", "True")
    if isinstance(plan, FixPlan):
        return FixPlan("drop the last batch of the training loader", plan.changes)
    return plan


def _every_batch(program: Program, norm: Layer) -> Iterator[Suspicion]:
    learner = program.learner
    assert learner is not None
    site = first_site(learner.batch_size_site, learner.fit_site)
    if site is not None:
        call = exact_call(program.source, learner.fit_site)
        yield Suspicion(
            site=site,
            message=(
                f"Batches of one sample make {norm.name} ({norm.type}) give the same values for"
                " every input in training."
            ),
            evidence=Evidence(static={"batch_size": 1, "layer": norm.name}),
            fix=set_argument(call, "batch_size", "32", 2),
            proof="contract",
        )


LOADER = """
loader = DataLoader(dataset, batch_size=32, shuffle=True)
"""
FIT = """
model.fit(x, y, batch_size=1, epochs=5)
"""


def _torch(
    samples: int, *, drop_last: bool = False, shape: tuple[int, ...] = (16,), more: str = ""
) -> Program:
    made = sample(LOADER, framework="torch").source.calls[0].site
    census = Census(trainable=4, epoch_samples=samples, drop_last=drop_last, loader_site=made)
    norm = other(1, "batch_norm", "BatchNorm1d", name="norm", input_shape=shape)
    return sample(
        LOADER + (f"for x, y in loader:\n    {more}\n" if more else ""),
        framework="torch",
        layers=(linear(1, 16), norm),
        learner={"batch_size": 32, "batch_size_site": at(1)},
        observation=Observation(census=census),
    )


def _keras(batch_size: int) -> Program:
    call = sample(FIT).source.calls[0].site
    norm = other(1, "batch_norm", "BatchNormalization", name="norm", input_shape=(16,))
    learner = {"batch_size": batch_size, "fit_site": call}
    return sample(FIT, layers=(dense(1, 16), norm), learner=learner)


EXAMPLES = (
    Example(
        "961 samples",
        _torch(961),
        found=(Found(1, "961 samples in batches of 32", "drop_last=True", "contract"),),
    ),
    Example(
        "one sample per batch in Keras",
        _keras(1),
        found=(Found(1, "Batches of one sample", "batch_size=32", "contract"),),
    ),
    Example("960 samples", _torch(960)),
    Example("the rest is dropped", _torch(961, drop_last=True)),
    Example("small batches are skipped", _torch(961, more="if len(x) < 2: continue")),
    Example("images", _torch(961, shape=(16, 8, 8))),
    Example("32 samples per batch", _keras(32)),
)
