"""The label is one of the inputs.

What it finds
    A column of the inputs that is the label of the same sample: the same number, or the class but
    for scale and offset.
Why it hurts
    The model learns to copy it and scores perfectly, on the test part as well. In use, where the
    label is what is asked for, the column is not there.
How it is measured
    Each value of a sample beside its label, over all inspected samples, at least 50: numbers must
    be equal, classes correlate exactly.
When it is right
    Exercises for the memory of a network (repeat the first value): a value of a sequence before
    its last step is no more than advice. Exercises whose inputs show the label throughout: where
    more than half of the values do, nothing is said.
Example
    table = pd.get_dummies(frame)
    x, y = table.values, table["churn_yes"].values
Instead
    x = table.drop(columns=["churn_yes", "churn_no"]).values
    y = table["churn_yes"].values
The fix
    None is offered: the statement that should have left the column out is not always the one that
    puts the inputs together.
Sources
    Kaufman et al. 2012, Leakage in data mining; Kapoor and Narayanan 2023, Leakage and the
    reproducibility crisis in machine-learning-based science (type L2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.kinds import Severity
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import data_seen, first_site
from analyzer.rules.samples import at, dense, labels, sample, table


class LabelAmongInputs(Rule):
    """What is asked for is given."""

    code = "FL309"
    name = "label-among-inputs"
    kind = "data_split"
    severity = "warning"
    confidence = 0.95
    needs = ("data", "labels")
    why = "The model learns to copy its label, which is not there when the model is used."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The only input against the only labels."""
        data = program.data
        assert data is not None
        if not data_seen(program) or len(data.inputs) != 1 or len(data.labels) != 1:
            yield self.unchecked("needs one input and one array of labels")
            return
        (inputs,), (found,) = data.inputs, data.labels
        position = found.input_position
        learner = program.learner
        site = first_site(
            data.site, program.source.data_site, learner.fit_site if learner else None
        )
        if position is None or site is None:
            return
        yield Suspicion(
            site=site,
            message=(
                f"{_place(position, inputs.shape)} of the inputs gives the label itself away, in"
                f" all {found.inspected:,} inspected samples."
            ),
            evidence=Evidence(data={"position": position, "inspected": found.inspected}),
            fix=Declined("where the column should have been left out is not known for sure"),
            severity=_severity(position, inputs.shape),
            proof="contract",
        )


def _severity(position: int, shape: tuple[int | None, ...]) -> Severity:
    """A value before the last step of a sequence may be there to be remembered."""
    sizes = [size or 1 for size in shape]
    last = math.prod(sizes) - math.prod(sizes[1:]) if sizes else 0
    return "warning" if len(sizes) < 2 or position >= last else "advice"


def _place(position: int, shape: tuple[int | None, ...]) -> str:
    if len(shape) < 2:
        return f"Column {position}"
    sizes, places = [size or 1 for size in shape], []
    for size in reversed(sizes):
        position, place = divmod(position, size)
        places.append(str(place))
    return f"Value [{', '.join(reversed(places))}]"


TEXT = """
x, y = load()
model.fit(x, y)
"""


def _program(
    position: int | None, shape: tuple[int, ...] = (8,), source: str = "program"
) -> Program:
    return sample(
        TEXT,
        layers=(dense(2, 1, "sigmoid"),),
        inputs=table(shape=shape),
        targets=labels("binary", 2, input_position=position),
        data={"source": source, "site": at(1)},
    )


EXAMPLES = (
    Example(
        "a column that is the label",
        _program(5),
        found=(Found(1, "Column 5 of the inputs gives the label itself away", None, "contract"),),
    ),
    Example(
        "the last value of a window",
        _program(29, (10, 3)),
        found=(Found(1, "Value [9, 2] of the inputs", None, "contract"),),
    ),
    Example(
        "the first value of a sequence, to be remembered",
        _program(0, (10, 3)),
        found=(Found(1, "Value [0, 0] of the inputs", None, "contract"),),
    ),
    Example("no such column", _program(None)),
    Example(
        "invented data",
        _program(5, source="stand_in"),
        unchecked="one input and one array of labels",
    ),
)
