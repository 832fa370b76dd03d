"""Labels that are shuffled without their samples.

What it finds
    One of the two arrays that are trained on is shuffled in place, the other is not.
Why it hurts
    Every sample gets the label of another one. What is left to learn is how often each label
    occurs; a large model learns the pairs by heart and is as good as chance on new samples.
How it is measured
    A statement `shuffle(name)` at module level where `name` leads to the labels and not to the
    inputs, or the other way round; inputs and labels that once came from the same value; no shuffle
    of the other one, which could repeat the order from the same seed.
When it is right
    To measure how well a model does by chance (a permutation test).
Example
    y = X[:]
    random.shuffle(y)
    model.fit(X, y)
Instead
    order = np.random.permutation(len(X))
    model.fit(X[order], y[order])
The fix
    None is offered: whether order or pairs were meant is the author's choice.
Sources
    Zhang et al. 2017, Understanding deep learning requires rethinking generalization (random labels
    are learned by heart); Python and NumPy documentation of shuffle: in place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import Site
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.flow import Statement, lineage, origins, statements
from analyzer.rules.samples import sample

SHUFFLE = re.compile(r"(?:[A-Za-z_][\w.]*\.)?shuffle\(\s*(?P<name>[A-Za-z_]\w*)\s*\)$")
BUFFERS = re.compile(r"\b(?:tf|tensorflow)\.")  # these give a new tensor back


class LabelsShuffledApart(Rule):
    """Samples with the labels of others."""

    code = "FL307"
    name = "labels-shuffled-apart"
    kind = "data_shape"
    severity = "warning"
    confidence = 0.8
    needs = ()
    why = (
        "Shuffled alone, each sample gets another one's label, and only the shares of the labels"
        " can be learned."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The shuffles of one of the two arrays."""
        source = program.source
        inputs, labels = source.inputs_name, source.labels_name
        if inputs is None or labels is None:
            return
        shuffles = [s for s in statements(source) if s.indent == 0 and _shuffled(s)]
        if not shuffles:
            return
        if not _once_one(origins(source, inputs), origins(source, labels)):
            return
        sides = (lineage(source, inputs), lineage(source, labels))
        sites = [(each, [_shuffled(each) in side for side in sides]) for each in shuffles]
        hits = [(each, where) for each, where in sites if any(where)]
        if {tuple(where) for _, where in hits} not in ({(True, False)}, {(False, True)}):
            return
        statement, where = hits[0]
        shuffled, kept = (inputs, labels) if where[0] else (labels, inputs)
        yield Suspicion(
            site=Site(path=program.path, line=statement.line, end_line=statement.line),
            message=(
                f"'{_shuffled(statement)}' is shuffled in place and leads to {shuffled}; nothing"
                f" shuffles {kept} alike."
            ),
            evidence=Evidence(static={"shuffled": shuffled, "kept": kept}),
            fix=Declined("whether order or pairs were meant is the author's choice"),
        )


def _shuffled(statement: Statement) -> str:
    """The name that this statement shuffles in place; empty when it does no such thing."""
    match = SHUFFLE.match(statement.text)
    return "" if match is None or BUFFERS.match(statement.text) else match["name"]


def _once_one(of_inputs: Sequence[Statement], of_labels: Sequence[Statement]) -> bool:
    """Whether both come from one statement, so that they were pairs before."""
    return bool({each.line for each in of_inputs} & {each.line for each in of_labels})


COPY = """
X = load()
y = X[:]
random.shuffle(y)
model.fit(X, y)
"""
NAMES = {"inputs_name": "X", "labels_name": "y"}


def _loaded(*middle: str) -> str:
    return "\n".join(
        ["(X, y), test = mnist.load_data()", *middle, "X = X / 255.0", "model.fit(X, y)"]
    )


EXAMPLES = (
    Example(
        "a copy of the inputs, shuffled",
        sample(COPY, source=NAMES),
        found=(Found(3, "'y' is shuffled in place and leads to y", None),),
    ),
    Example(
        "the inputs alone",
        sample(_loaded("np.random.shuffle(X)"), source=NAMES),
        found=(Found(2, "'X' is shuffled in place and leads to X", None),),
    ),
    Example(
        "both from the same seed",
        sample(
            _loaded(
                "np.random.seed(1)",
                "np.random.shuffle(X)",
                "np.random.seed(1)",
                "np.random.shuffle(y)",
            ),
            source=NAMES,
        ),
    ),
    Example(
        "an order for both",
        sample(
            _loaded(
                "order = np.arange(len(X))", "np.random.shuffle(order)", "X, y = X[order], y[order]"
            ),
            source=NAMES,
        ),
    ),
    Example(
        "pairs, shuffled before they are parted",
        sample(
            """
            rows = read()
            random.shuffle(rows)
            X = [row[0] for row in rows]
            y = [row[1] for row in rows]
            model.fit(X, y)
            """,
            source=NAMES,
        ),
    ),
    Example(
        "random labels that never belonged to the inputs",
        sample(
            """
            X = make()
            y = [0] * 50 + [1] * 50
            random.shuffle(y)
            model.fit(X, y)
            """,
            source=NAMES,
        ),
    ),
    Example(
        "scikit-learn's shuffle gives new arrays back",
        sample(_loaded("X, y = shuffle(X, y)"), source=NAMES),
    ),
    Example("no labels", sample("random.shuffle(files)\nmodel.fit(flow)", source={})),
)
