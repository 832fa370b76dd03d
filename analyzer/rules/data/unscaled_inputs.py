"""Inputs that are not scaled.

What it finds
    Training inputs with large values or very different scales per feature, and a model that does
    not normalize them itself; image loaders that hand out pixels from 0 to 255.
Why it hurts
    The gradient of a first layer's weight is proportional to its input: large inputs make large,
    ill-conditioned steps, and one wide feature drowns the others.
How it is measured
    Minimum, maximum, mean and deviation of the inspected inputs: scaled means within -3..3, or a
    mean within -1..1 and a deviation of at most 3 for every feature. Where the data was not seen,
    the code that loads it is read instead.
When it is right
    With a rescaling or normalization layer before or directly behind the first layer; standardized
    inputs; indices into an embedding.
Example
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    model.fit(x_train, y_train)
Instead
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    x_train, x_test = x_train / 255.0, x_test / 255.0
    model.fit(x_train, y_train)
The fix
    Pixels are divided by 255, in training and test arrays alike; a generator gets rescale=1/255.
    Other data: declined, because the scaler belongs to the author.
Sources
    LeCun et al. 1998, Efficient BackProp, section 4.3; Theia section 4.1.9 (IDN: 0..1 or -1..1).
    Our own bounds allow standardized data; batch normalization is an excuse because the same
    network trained equally well with and without scaling behind it.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Change, Declined, FixPlan, InsertAfter, SetArgument
from analyzer.observed import ArrayStats, Site
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import data_seen, first_site, number
from analyzer.rules.reading.scaling import (
    BYTE_HIGH,
    before_split,
    code_scales,
    is_scaled,
    mentioned_before,
    model_scales,
    unknown_before,
    unscaled_generators,
)
from analyzer.rules.samples import at, conv, dense, images, other, sample, table
from analyzer.source.calls import CallSite

FILE_READERS = frozenset(
    {
        "loadtxt",
        "genfromtxt",
        "read_csv",
        "read_excel",
        "read_table",
        "imread",
        "loadmat",
        "image_dataset_from_directory",
        "load_iris",
        "load_wine",
        "load_breast_cancer",
        "load_diabetes",
        "fetch_california_housing",
    }
)
PIXEL_SETS = ("mnist", "cifar", "boston_housing", "california_housing")
CODE_CONFIDENCE = 0.55  # the files may hold scaled values already


class UnscaledInputs(Rule):
    """Large or uneven inputs reach the first layer."""

    code = "FL301"
    name = "unscaled-inputs"
    paper = "IDN"
    kind = "normalization"
    severity = "warning"
    confidence = 0.75
    needs = ("graph",)
    why = (
        "Gradients of the first layer grow with its inputs; inputs near zero with similar spread"
        " train faster (LeCun et al. 1998, section 4.3; Theia, IDN)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The inspected inputs, else the code that loads them."""
        assert program.graph is not None
        if model_scales(program.graph):
            return
        unknown = unknown_before(program.graph)
        if unknown is not None:
            yield self.unchecked(
                f"what '{unknown.type}' does before the first weights is not known"
            )
            return
        inputs = program.data.inputs if program.data and data_seen(program) else ()
        verdicts = [is_scaled(stats) for stats in inputs]
        if False in verdicts:
            yield from self._seen(program, inputs[verdicts.index(False)])
        elif None in verdicts or not verdicts:
            yield from self._in_code(program)

    def _seen(self, program: Program, stats: ArrayStats) -> Iterator[Suspicion]:
        site = _place(program)
        if site is not None:
            low, high = number(stats.min or 0.0), number(stats.max or 0.0)
            name = f" in {stats.name}" if stats.name else ""
            yield Suspicion(
                site=site,
                message=f"The inputs{name} span {low} to {high}, and no layer scales them.",
                evidence=Evidence(data={"min": stats.min, "max": stats.max, "std": stats.std}),
                fix=_divide(program, stats),
            )

    def _in_code(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        generators = unscaled_generators(program.source)
        if generators:
            yield _from_generator(generators[0].site)
            return
        loads = [call for call in program.source.calls if _reads_files(call)]
        if not loads or code_scales(program.source):
            yield self.unchecked("needs the training inputs, not seen")
            return
        site = _place(program)
        if site is not None:
            yield Suspicion(
                site=site,
                message="Nothing in this program scales the inputs before they reach the model.",
                evidence=Evidence(static={"loaded_by": [call.name for call in loads[:5]]}),
                confidence=CODE_CONFIDENCE,
            )


def _reads_files(call: CallSite) -> bool:
    """Whether the call brings values of unknown scale into the program."""
    if call.role not in ("data", "loader"):
        return False
    pixels = call.name == "load_data" and any(name in call.callee for name in PIXEL_SETS)
    return pixels or call.name in FILE_READERS


def _from_generator(site: Site) -> Suspicion:
    return Suspicion(
        site=site,
        message="This generator hands out pixels from 0 to 255: it has no rescale argument.",
        evidence=Evidence(static={"rescale": None}),
        fix=FixPlan("rescale the pixels to 0..1", (SetArgument(site, "rescale", "1.0 / 255"),)),
        confidence=0.8,
    )


def _place(program: Program) -> Site | None:
    """The statement that makes the inputs; for a split, the one that makes what is split."""
    data, learner = program.data, program.learner
    return first_site(
        before_split(program.source),
        data.site if data else None,
        program.source.data_site,
        learner.fit_site if learner else None,
    )


def _divide(program: Program, stats: ArrayStats) -> FixPlan | Declined:
    """Divide pixels by 255 behind the statement that produces them."""
    site, name = _place(program), program.source.inputs_name
    if stats.min is None or stats.min < 0 or stats.max is None:
        return Declined("which scaler fits is the author's choice")
    if not BYTE_HIGH / 2 < stats.max <= BYTE_HIGH or len(stats.shape) < 2:
        return Declined("which scaler fits is the author's choice")
    if site is None or name is None or not name.isidentifier() or site == _fit(program):
        return Declined("the statement that makes the inputs was not found")
    also = [n for n in program.source.evaluated_names if n.isidentifier() and n != name]
    names = [name, *(n for n in also if mentioned_before(program.source, n, site.line))]
    changes: tuple[Change, ...] = tuple(InsertAfter(site, f"{n} = {n} / 255.0") for n in names)
    return FixPlan("scale the pixels to 0..1", changes)


def _fit(program: Program) -> Site | None:
    return program.learner.fit_site if program.learner else None


CIFAR = """
(x_train, y_train), (x_test, y_test) = cifar10.load_data()
model.fit(x_train, y_train)
"""
NET = (conv(2, 8, "relu"), dense(2, 10, "softmax"))
NAMES = {"inputs_name": "x_train", "evaluated_names": ("x_test",), "data_site": None}

EXAMPLES = (
    Example(
        "pixels from 0 to 255",
        sample(
            CIFAR,
            layers=NET,
            inputs=images(0, 255, name="x_train", dtype="uint8"),
            data={
                "site": at(1).model_copy(update={"end_column": 58}),
            },
            source=NAMES,
        ),
        found=(Found(1, "span 0 to 255", "x_train = x_train / 255.0\nx_test = x_test / 255.0"),),
    ),
    Example(
        "features of very different scale",
        sample(
            "model.fit(x, y)",
            layers=(dense(1, 8, "relu"), dense(1, 1)),
            inputs=table(0, 5000, feature_means=(3.0, 2000.0), feature_stds=(1.0, 900.0)),
            learner={"fit_site": at(1)},
        ),
        found=(Found(1, "span 0 to 5,000", None),),
    ),
    Example(
        "a generator without rescale, its images not seen",
        sample(
            """
            gen = ImageDataGenerator(horizontal_flip=True)
            train = gen.flow_from_directory("flowers")
            """,
            layers=NET,
        ),
        found=(Found(1, "no rescale argument", "horizontal_flip=True, rescale=1.0 / 255"),),
    ),
    Example(
        "a table that nothing scales, not seen",
        sample(
            "x = read_csv('a.csv').values",
            layers=(dense(1, 8, "relu"), dense(1, 1)),
            source={"data_site": at(1)},
        ),
        found=(Found(1, "Nothing in this program scales", None),),
    ),
    Example(
        "standardized inputs",
        sample(
            CIFAR,
            layers=NET,
            inputs=table(-4, 6, feature_means=(0.0, 0.1), feature_stds=(1.0, 1.0)),
        ),
    ),
    Example(
        "batch normalization behind the first convolution",
        sample(
            CIFAR,
            layers=(conv(2, 8), other(2, "batch_norm", "BatchNormalization"), dense(2, 10)),
            inputs=images(0, 255),
        ),
    ),
    Example(
        "a rescaling layer",
        sample(
            CIFAR,
            layers=(other(2, "rescale", "Rescaling"), conv(2, 8, "relu"), dense(2, 10)),
            inputs=images(0, 255),
        ),
    ),
    Example(
        "a Lambda that may scale them",
        sample(
            CIFAR,
            layers=(other(2, "other", "Lambda"), conv(2, 8, "relu"), dense(2, 10)),
            inputs=images(0, 255),
        ),
        unchecked="what 'Lambda' does",
    ),
    Example(
        "padding keeps the values",
        sample(
            CIFAR,
            layers=(other(2, "other", "ZeroPadding2D"), conv(2, 8, "relu"), dense(2, 10)),
            inputs=images(0, 255, name="x_train"),
            data={"site": at(1)},
        ),
        found=(Found(1, "span 0 to 255", None),),
    ),
    Example(
        "indices into an embedding",
        sample(
            CIFAR,
            layers=(other(2, "embedding", "Embedding"), dense(2, 1)),
            inputs=table(0, 20000),
        ),
    ),
    Example(
        "data that was never there",
        sample("model.fit(x, y)", layers=NET),
        unchecked="training inputs",
    ),
)
