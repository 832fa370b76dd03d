"""A random generator that every loader worker copies.

What it finds
    A dataset that keeps its own random generator, read by loader workers.
Why it hurts
    Each worker starts with a copy of the dataset, generator included, so all of them draw the same
    numbers, and draw them again in every epoch: far fewer augmentations than it seems.
How it is measured
    Items are read twice, then once more with the generator put back to where it was, as a second
    worker's copy holds it: equal again, although a second read differs.
When it is right
    With the global generators of Python, NumPy and PyTorch, which the loader seeds per worker, or
    with a worker_init_fn that seeds the dataset's own.
Example
    class Noisy(Dataset):
        def __init__(self):
            self.rng = np.random.default_rng(0)
Instead
    def worker_init_fn(worker):
        get_worker_info().dataset.rng = np.random.default_rng(torch.initial_seed())
The fix
    None is offered: where the generator is made is part of the dataset's design.
Sources
    PyTorch documentation of torch.utils.data, "Randomness in multi-process data loading".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import LoaderFacts, Observation, WorkerStreams
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.loaders import INVENTED, own_loaders
from analyzer.rules.reading.proof import count
from analyzer.rules.samples import at, sample


class RepeatedWorkerStreams(Rule):
    """All workers draw the same random numbers."""

    code = "FL667"
    name = "repeated-worker-streams"
    kind = "data_split"
    severity = "warning"
    confidence = 0.93
    frameworks = frozenset({"torch"})
    needs = ("loader",)
    why = (
        "A worker gets a copy of the dataset with its generator; only the global generators are"
        " seeded per worker and epoch (PyTorch documentation of torch.utils.data)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The streams of each training loader with workers."""
        facts = list(own_loaders(program))
        if not facts:
            yield self.unchecked(INVENTED)
        for stream in (stream for loader in facts for stream in loader.workers):
            if stream.site is None or not stream.items or stream.equal < stream.items:
                continue
            yield Suspicion(
                site=stream.site,
                message=(
                    f"The dataset's own generator, {stream.attribute}, starts alike in"
                    f" {count(stream.workers, 'worker')}: {stream.equal} of {stream.items} random"
                    " items came out equal in two copies."
                ),
                evidence=Evidence(data=stream.model_dump(exclude={"site"})),
                fix=Declined("where the generator is made is part of the dataset's design"),
                proof="contract",
            )


TEXT = "loader = DataLoader(Noisy(), batch_size=32, shuffle=True, num_workers=4)"


def _program(**facts: object) -> Program:
    base = {"attribute": "rng", "workers": 4, "items": 4, "equal": 4, "site": at(1)}
    stream = WorkerStreams.model_validate({**base, **facts})
    seen = Observation(loader=LoaderFacts(workers=(stream,)))
    return sample(TEXT, framework="torch", observation=seen)


EXAMPLES = (
    Example(
        "a generator in the dataset",
        _program(),
        found=(Found(1, "rng, starts alike in 4 workers: 4 of 4", None, "contract"),),
    ),
    Example("the generator is not what is random", _program(equal=0)),
    Example(
        "no generator of its own",
        sample(TEXT, framework="torch", observation=Observation(loader=LoaderFacts())),
    ),
)
