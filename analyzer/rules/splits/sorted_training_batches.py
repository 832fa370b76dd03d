"""Training batches that hold one class after the other.

What it finds
    A training set that is sorted by class and handed out in that order.
Why it hurts
    Each batch pulls the network towards the class it holds, the next ones pull it away again; it
    ends by answering with the class that came last. Batch normalization sees one class at a time.
How it is measured
    The number of different labels per batch in the first epoch, against what a random order of the
    same labels gives on average; every class came in one piece, and the loader does not shuffle.
When it is right
    For a stream or a time series, where the order is the data; these have no classes in one piece
    or a sampler of their own, and are left alone.
Example
    loader = DataLoader(sorted_data, batch_size=32)
Instead
    loader = DataLoader(sorted_data, batch_size=32, shuffle=True)
The fix
    shuffle=True, in the loader or in fit.
Sources
    Bottou, Stochastic Gradient Descent Tricks, section 4.3; Bengio, Practical Recommendations for
    Gradient-Based Training, section 2.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, SetArgument
from analyzer.observed import LabelOrder, LoaderFacts, Observation, Site
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.loaders import INVENTED, own_loaders
from analyzer.rules.reading.losses import CLASSIFICATION, only_loss
from analyzer.rules.reading.mends import exact_call
from analyzer.rules.samples import at, sample

BELOW = 0.7  # of the classes that a random batch holds
FEWEST_BATCHES = 4
SHUFFLE_POSITION = 2  # of DataLoader


class SortedTrainingBatches(Rule):
    """Every batch holds few of the classes."""

    code = "FL666"
    name = "sorted-training-batches"
    kind = "data_split"
    severity = "warning"
    confidence = 0.93
    needs = ("loader", "loss")
    why = (
        "Gradient descent on samples needs them in random order; sorted classes pull the network"
        " to and fro (Bottou, section 4.3)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The labels of the first batches."""
        loss, facts = only_loss(program), list(own_loaders(program))
        if not facts:
            yield self.unchecked(INVENTED)
        order = facts[0].order if facts else None
        if order is None or order.site is None or not _is_sorted(order):
            return
        if loss is None or loss.name not in CLASSIFICATION or _is_series(program):
            return
        yield Suspicion(
            site=order.site,
            message=(
                f"The first {order.batches} batches hold {order.distinct:.1f} classes on average;"
                f" in random order {order.expected:.1f} would: the data is sorted by class."
            ),
            evidence=Evidence(data=order.model_dump(exclude={"site"})),
            fix=_fix(program, order.site),
            proof="contract",
            root=f"{self.name}:{order.site.line}",
        )


def _is_sorted(order: LabelOrder) -> bool:
    few = order.distinct < BELOW * order.expected
    return few and order.contiguous and order.fixed is True and order.batches >= FEWEST_BATCHES


def _is_series(program: Program) -> bool:
    """Sequences in their order may be a time series."""
    return program.data is not None and program.data.kind == "sequence"


def _fix(program: Program, site: Site) -> FixPlan | Declined:
    call = exact_call(program.source, site)
    if call is None or call.name not in ("DataLoader", "fit"):
        return Declined("the loader's call was not found in the source")
    position = SHUFFLE_POSITION if call.name == "DataLoader" else None
    change = SetArgument(call.site, "shuffle", "True", position)
    return FixPlan("shuffle the training data", (change,))


TEXT = "loader = DataLoader(data, batch_size=32)"


def _program(**facts: object) -> Program:
    base: dict[str, object] = {
        "batches": 30,
        "labels": 960,
        "distinct": 1.2,
        "expected": 9.7,
        "classes": 10,
    }
    base |= {"contiguous": True, "fixed": True, "site": at(1)}
    order = LabelOrder.model_validate({**base, **facts})
    seen = Observation(loader=LoaderFacts(batches=30, order=order))
    return sample(TEXT, framework="torch", loss="cross_entropy", observation=seen)


EXAMPLES = (
    Example(
        "sorted labels",
        _program(),
        found=(
            Found(
                1,
                "hold 1.2 classes on average; in random order 9.7",
                "DataLoader(data, batch_size=32, shuffle=True)",
                "contract",
            ),
        ),
    ),
    Example("random order", _program(distinct=9.6, contiguous=False)),
    Example("shuffled", _program(fixed=False)),
    Example("sessions one after the other", _program(contiguous=False)),
)
