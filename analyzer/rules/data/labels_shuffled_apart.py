"""Labels that are shuffled without their samples.

What it finds
    One of the two arrays that are trained on is shuffled in place, the other is not; or a tf.data
    pipeline that shuffles inputs and labels before it zips them.
Why it hurts
    Every sample gets the label of another one. What is left to learn is how often each label
    occurs; a large model learns the pairs by heart and is as good as chance on new samples.
How it is measured
    A statement `shuffle(name)` at module level where `name` leads to the labels and not to the
    inputs, or the other way round; inputs and labels that once came from the same value; no shuffle
    of the other one, which could repeat the order from the same seed. Of a pipeline that fit gets,
    both sides' shuffles are drawn again over row numbers, with their own seeds and buffers, and the
    samples are counted that get the label of another class; a twentieth of them counts.
When it is right
    To measure how well a model does by chance (a permutation test). In a pipeline with the same
    seed, buffer and number of rows on both sides, which keeps the pairs; for two sets that are no
    pairs, as in CycleGAN, which have no array of classes as their second side.
Example
    y = X[:]
    random.shuffle(y)
    model.fit(X, y)
Instead
    order = np.random.permutation(len(X))
    model.fit(X[order], y[order])
The fix
    In a pipeline one seed for both shuffles, where nothing else tells them apart. Elsewhere none is
    offered: whether order or pairs were meant is the author's choice.
Sources
    Zhang et al. 2017, Understanding deep learning requires rethinking generalization (random labels
    are learned by heart); Python and NumPy documentation of shuffle: in place; TensorFlow's
    documentation of tf.data.Dataset.shuffle and zip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, SetArgument
from analyzer.observed import LoaderFacts, Observation, Site, Zipped
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.flow import Statement, lineage, origins, statements
from analyzer.rules.reading.loaders import own_loaders, percent, share
from analyzer.rules.reading.losses import CLASSIFICATION, only_loss
from analyzer.rules.sample_calls import PATH
from analyzer.rules.samples import at, sample

SHUFFLE = re.compile(r"(?:[A-Za-z_][\w.]*\.)?shuffle\(\s*(?P<name>[A-Za-z_]\w*)\s*\)$")
BUFFERS = re.compile(r"\b(?:tf|tensorflow)\.")  # these give a new tensor back
SHARE = 0.05  # of the samples, with another one's class; a small buffer parts only few
FEWEST = 10  # such samples
SEED_POSITION = 1  # of tf.data.Dataset.shuffle


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
        """The zips of the run, and the shuffles of one of the two arrays."""
        yield from _zipped(program)
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


def _zipped(program: Program) -> Iterator[Suspicion]:
    """Pipelines whose shuffles, drawn again, give samples the labels of others."""
    loss = only_loss(program)
    if loss is None or loss.name not in CLASSIFICATION:
        return
    for pipe in (pipe for facts in own_loaders(program) for pipe in facts.zipped):
        few = pipe.changed < FEWEST or share(pipe.changed, pipe.rows) < SHARE
        if pipe.site is None or few:
            continue
        sides = (pipe.inputs_shuffled, pipe.labels_shuffled)
        who = {(True, True): "inputs and labels are each", (True, False): "the inputs alone are"}
        when = f"from pass {pipe.epoch} on, " if pipe.epoch > 1 else ""
        part = percent(share(pipe.changed, pipe.rows))
        yield Suspicion(
            site=pipe.site,
            message=(
                f"This zip hands out pairs that never were: {when}{pipe.changed:,} of"
                f" {pipe.rows:,} {pipe.role} samples ({part}) get another class's label, because"
                f" {who.get(sides, 'the labels alone are')} shuffled before."
            ),
            evidence=Evidence(data=pipe.model_dump(exclude={"site", "shuffles"})),
            fix=_one_seed(program, pipe),
            proof="contract",
            root=f"labels-shuffled-apart:{pipe.site.line}",
        )


def _one_seed(program: Program, pipe: Zipped) -> FixPlan | Declined:
    """The same seed on both sides, where buffers and reshuffling are the same."""
    calls = pipe.shuffles
    if len(set(calls)) != 2 or any(site.path != program.path for site in calls):
        return Declined("shuffle once, behind the zip; that is more than one edit can change")
    changes = tuple(SetArgument(site, "seed", "0", SEED_POSITION) for site in calls)
    return FixPlan("shuffle both sides from the same seed", changes)


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


PIPELINE = """
images = from_slices(x).shuffle(1500)
labels = from_slices(y).shuffle(1500)
data = zip((images, labels))
model.fit(data)
"""


def _piped(loss: str = "sparse_categorical_crossentropy", **facts: object) -> Program:
    base: dict[str, object] = {"role": "training", "rows": 1500, "apart": 1499, "changed": 1240}
    base |= {"site": at(3), "shuffles": (_call(1), _call(2))}
    pipe = Zipped.model_validate({**base, **facts})
    seen = Observation(loader=LoaderFacts(batches=20, zipped=(pipe,)))
    return sample(PIPELINE, loss=loss, observation=seen)


def _call(line: int) -> Site:
    return Site(path=PATH, line=line, column=9, end_line=line, end_column=37)


EXAMPLES = (
    Example(
        "both sides of a zip, shuffled",
        _piped(),
        found=(
            Found(
                3,
                "1,240 of 1,500 training samples (83%) get another class's label",
                "labels = from_slices(y).shuffle(1500, seed=0)",
                "contract",
            ),
        ),
    ),
    Example(
        "the labels' side alone",
        _piped(inputs_shuffled=False, shuffles=()),
        found=(Found(3, "because the labels alone are shuffled", None, "contract"),),
    ),
    Example("a zip of shuffles from one seed", _piped(apart=0, changed=0)),
    Example("a buffer of two rows", _piped(apart=30, changed=20)),
    Example("a zip for a regression", _piped("mean_squared_error")),
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
