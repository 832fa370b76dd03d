"""Validation or test rows that are trained on as well.

What it finds
    A validation or test set that shares rows with the training set, or is the training set.
Why it hurts
    The network has seen these answers. What is measured on them is memory, not what it would say
    about new data, so early stopping and every comparison between models rest on a wrong figure.
How it is measured
    Every row as a key of its content; by index where both sets read from one dataset, by file
    where datasets list files. What counts is the exact share of held-out rows that are trained on,
    against the share of rows that the training set itself holds more than once.
When it is right
    When the inputs are few discrete values that repeat by nature, or when a toy problem lists all
    its cases: then the training set repeats itself as much, or has fewer than fifty rows.
Example
    train, test = data[:800], data[600:]
Instead
    train, test = data[:800], data[800:]
The fix
    Where one part is given for both, none is offered: which rows to hold out is the author's
    choice.
Sources
    Kaufman, Rosset and Perlich, Leakage in Data Mining, section 3; Kapoor and Narayanan, Leakage
    and the reproducibility crisis, category L1.4. The bounds are ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import HeldOut, LoaderFacts, Observation
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.loaders import INVENTED, own_loaders, percent, share
from analyzer.rules.samples import at, sample

FEWEST_ROWS = 50  # rows; smaller sets are lists of cases
FEWEST_SHARED = 10  # rows
SHARE = 0.05  # of the held-out rows, beyond what repeats by nature
TIMES = 3.0  # times the share that repeats within the training set


class TrainingRowsHeldOut(Rule):
    """The network is tested on rows that it was trained on."""

    code = "FL661"
    name = "training-rows-held-out"
    kind = "data_split"
    severity = "error"
    confidence = 0.95
    needs = ("loader",)
    why = (
        "Rows that are trained on measure memory, not what the network says about new data (Kapoor"
        " and Narayanan, leakage L1.4)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each held-out set against the training set."""
        facts = list(own_loaders(program))
        if not facts:
            yield self.unchecked(INVENTED)
        for held in (held for loader in facts for held in loader.held_out):
            if held.site is None or not _leaks(held):
                continue
            part = percent(share(held.shared, held.rows))
            whole = f"is the training set, row for row ({held.rows:,} rows)"
            some = (
                f"shares {held.shared:,} of its {held.rows:,} rows ({part}) with the training set"
            )
            yield Suspicion(
                site=held.site,
                message=f"{held.name} {whole if held.same else some}.",
                evidence=Evidence(
                    data={
                        "shared": held.shared,
                        "rows": held.rows,
                        "compared_by": held.by,
                        "repeated_in_training": held.repeated,
                    }
                ),
                fix=Declined("which rows to hold out is the author's choice"),
                proof="contract",
                root=f"{self.name}:{held.site.line}",
            )


def _leaks(held: HeldOut) -> bool:
    if held.rows < FEWEST_ROWS or held.shared < FEWEST_SHARED:
        return False
    if held.by != "content":
        return share(held.shared, held.rows) > SHARE
    beyond = share(held.shared, held.rows) - held.repeated
    return beyond > SHARE and share(held.shared, held.rows) > TIMES * held.repeated


TEXT = """
train_loader = DataLoader(Subset(data, range(800)), batch_size=32, shuffle=True)
test_loader = DataLoader(Subset(data, range(600, 1000)), batch_size=32)
"""


def _program(**facts: object) -> Program:
    held = HeldOut.model_validate({"name": "test_loader", "site": at(2), "rows": 400, **facts})
    seen = Observation(loader=LoaderFacts(batches=20, held_out=(held,)))
    return sample(TEXT, framework="torch", observation=seen)


EXAMPLES = (
    Example(
        "half of the test set is trained on",
        _program(shared=200, trained_rows=800, by="index"),
        found=(Found(2, "shares 200 of its 400 rows (50%)", None, "contract"),),
    ),
    Example(
        "validation data is the training data",
        _program(shared=400, trained_rows=400, same=True),
        found=(Found(2, "is the training set, row for row (400 rows)", None, "contract"),),
    ),
    Example("no shared row", _program(shared=0, trained_rows=800)),
    Example(
        "rows of a few discrete values",
        _program(shared=390, trained_rows=800, repeated=0.97),
    ),
    Example("a natural duplicate", _program(shared=3, trained_rows=800, repeated=0.004)),
    Example("all cases of a toy problem", _program(rows=4, shared=4, trained_rows=4, same=True)),
)
