"""Training and test data on different scales.

What it finds
    Test or validation inputs whose values span a range many times wider or narrower than the
    training inputs', and image generators of which only some rescale.
Why it hurts
    The network is asked about values that it has never seen: its test result says nothing.
How it is measured
    Standard deviations of the inspected arrays, at least ten times apart; in code, one array or
    generator that is scaled and its counterpart that is not.
When it is right
    Where the evaluation is meant to test other scales: anomalies that passed through the scaler of
    the training data may lie far off, and a function may be asked beyond the numbers it was trained
    on: where nothing scales either part, only pixels and standardized values are compared.
Example
    x_train = x_train / 255
    model.fit(x_train, y_train)
    model.evaluate(x_test, y_test)
Instead
    x_train = x_train / 255
    x_test = x_test / 255
    model.fit(x_train, y_train)
    model.evaluate(x_test, y_test)
The fix
    The statement that scales the training inputs is written once more for the test inputs. Safe.
Sources
    Theia section 4.1.9 (IDN), missing for test data there; every textbook's rule that test data
    passes through the transformation fitted on the training data.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertAfter, SetArgument
from analyzer.observed import ArrayStats, DataProfile, Site
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import data_seen, first_site, number, proof
from analyzer.rules.reading.scaling import (
    in_same_style,
    is_derived_scaled,
    mentioned_before,
    scaled_generators,
    scaling_statement,
    unscaled_generators,
)
from analyzer.rules.samples import at, images, sample

ENOUGH = 8  # samples from which a deviation says something
TINY = 1e-3  # rounding at the ends of a range
NEAR = 0.05  # how near to mean 0 and deviation 1 values are that a scaler made
LARGEST_PIXEL = 255
APART = 10.0  # ratio of standard deviations; two random parts of one set differ by per cents


class TestDataScaledDifferently(Rule):
    """The network is tested on another scale than it was trained on."""

    code = "FL302"
    name = "test-data-scaled-differently"
    paper = "IDN"
    kind = "normalization"
    severity = "error"
    confidence = 0.95
    needs = ()
    why = (
        "Test data must pass through the same transformation as training data; on another scale the"
        " network's answers mean nothing (Theia, IDN)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Inspected arrays first, then the code."""
        if data_seen(program) and program.data is not None and program.data.inputs:
            yield from _seen(program, program.data)
            return
        yield from _generators(program)
        if not program.source.evaluated_names:
            yield self.unchecked("needs test inputs, and no name of any was found")
            return
        yield from _in_code(program)


def _pairs(data: DataProfile) -> Iterator[tuple[ArrayStats, ArrayStats]]:
    """Training inputs with what the same input of the model got elsewhere."""
    first = data.inputs[0]
    yield from ((first, test) for test in data.test_inputs if len(test.shape) == len(first.shape))
    yield from zip(data.inputs, data.validation_inputs, strict=False)


def _seen(program: Program, data: DataProfile) -> Iterator[Suspicion]:
    for train, stats in _pairs(data):
        if not (train.std and stats.std) or stats.inspected < ENOUGH:
            continue
        ratio = stats.std / train.std
        site = _use(program, stats.name)
        if 1 / APART < ratio < APART or site is None:
            continue
        if _both_scaled(program, train.name, stats.name):
            # Values that passed through the same scaling and lie far off are what is tested for.
            continue
        if not (_one_scaled(program, train.name, stats.name) or _looks_scaled(train, stats)):
            continue  # raw values that lie far off: what is tested for is beyond the training data
        yield Suspicion(
            site=site,
            message=(
                f"{stats.name or 'The test data'} spans {_span(stats)},"
                f" but the model was trained on {_span(train)}."
            ),
            evidence=Evidence(data={"train_std": train.std, "test_std": stats.std}),
            fix=_same_scaling(program, stats.name),
            proof=proof(True),
        )
        return


def _both_scaled(program: Program, train: str | None, test: str | None) -> bool:
    source = program.source
    train = source.inputs_name or train
    if train is None or test is None:
        return False
    return is_derived_scaled(source, train) and is_derived_scaled(source, test)


def _one_scaled(program: Program, train: str | None, test: str | None) -> bool:
    """Whether the code scales one of the two."""
    names = {program.source.inputs_name or train, test} - {None}
    return any(is_derived_scaled(program.source, name) for name in names if name)


def _looks_scaled(train: ArrayStats, test: ArrayStats) -> bool:
    """Whether one holds pixels and the other pixels in 0..1 or -1..1, or standardized values."""
    one, other = sorted((train, test), key=lambda stats: stats.std or 0.0)
    low, high = one.min or 0.0, one.max or 0.0
    unit = low >= -1.0 - TINY and high <= 1.0 + TINY
    pixels = other.integral and (other.min or 0.0) >= 0 and 1 < (other.max or 0.0) <= LARGEST_PIXEL
    standard = abs(one.mean or 0.0) < NEAR and abs((one.std or 0.0) - 1.0) < NEAR
    return (unit and pixels) or (one is train and standard)


def _span(stats: ArrayStats) -> str:
    return f"{number(stats.min or 0.0)} to {number(stats.max or 0.0)}"


def _use(program: Program, name: str | None) -> Site | None:
    """The call that evaluates this array, else the fit call."""
    calls = program.source.by_role("evaluate", "predict")
    named = [call for call in calls if call.arguments and call.arguments[0].text == name]
    fit = program.learner.fit_site if program.learner else None
    fits = program.source.by_role("fit")
    return first_site(
        named[0].site if named else None,
        fit,
        calls[0].site if calls else None,
        fits[0].site if fits else None,
    )


def _same_scaling(program: Program, name: str | None) -> FixPlan | Declined:
    train = program.source.inputs_name
    statement = scaling_statement(program.source, train)
    if statement is None or name is None or train is None or not name.isidentifier():
        return Declined("the statement that scales the training inputs was not found")
    if not mentioned_before(program.source, name, statement.line):
        return Declined(f"{name} does not exist yet where the training inputs are scaled")
    text = in_same_style(program.source, statement, train, name)
    return FixPlan(f"scale {name} like {train}", (InsertAfter(statement, text),))


def _generators(program: Program) -> Iterator[Suspicion]:
    scaled, raw = scaled_generators(program.source), unscaled_generators(program.source)
    if scaled and raw:
        given = scaled[0].argument("rescale")
        plan: FixPlan | Declined = Declined("the other generator scales in another way")
        if given is not None:
            change = SetArgument(raw[0].site, "rescale", given.text)
            plan = FixPlan("rescale in both generators", (change,))
        yield Suspicion(
            site=raw[0].site,
            message=(
                "This generator hands out pixels from 0 to 255,"
                f" the one on line {scaled[0].site.line} rescales them."
            ),
            evidence=Evidence(static={"rescaled_on_line": scaled[0].site.line}),
            fix=plan,
            confidence=0.85,
        )


def _in_code(program: Program) -> Iterator[Suspicion]:
    source = program.source
    statement = scaling_statement(source, source.inputs_name)
    if statement is None:
        return
    for name in source.evaluated_names:
        site = _use(program, name)
        known = name.isidentifier() and mentioned_before(source, name, statement.line)
        if site is None or not known or is_derived_scaled(source, name):
            continue
        yield Suspicion(
            site=site,
            message=f"{source.inputs_name} is scaled on line {statement.line}, {name} nowhere.",
            evidence=Evidence(static={"scaled_on_line": statement.line}),
            fix=_same_scaling(program, name),
            confidence=0.7,
        )


KERAS = """
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train/255
model.fit(x_train, y_train)
model.evaluate(x_test, y_test)
"""
NAMES = {"inputs_name": "x_train", "evaluated_names": ("x_test",)}

EXAMPLES = (
    Example(
        "training data is divided, test data is not",
        sample(
            KERAS,
            inputs=images(0, 1, 1, name="x_train"),
            data={"test_inputs": (images(0, 255, 1, name="x_test", integral=True),)},
            source=NAMES,
        ),
        found=(Found(4, "x_test spans 0 to 255", "\nx_test = x_test/255\n", "contract"),),
    ),
    Example(
        "the state of a recurrent layer is another input of the model",
        sample(
            KERAS,
            inputs=images(0, 24, 1, integral=True),
            data={"validation_inputs": (images(0, 24, 1, integral=True), images(-1, 1, 1))},
        ),
    ),
    Example(
        "the same, read from the code",
        sample(KERAS, source=NAMES),
        found=(Found(4, "x_test nowhere", "\nx_test = x_test/255\n"),),
    ),
    Example(
        "only one of two generators rescales",
        sample(
            """
            train = ImageDataGenerator(rescale=1./255, zoom_range=0.2)
            valid = ImageDataGenerator()
            """,
        ),
        found=(Found(2, "line 1 rescales", "ImageDataGenerator(rescale=1./255)"),),
        unchecked="needs test inputs",
    ),
    Example(
        "both on one scale",
        sample(
            KERAS,
            inputs=images(0, 1, 1, name="x_train"),
            data={"test_inputs": (images(0, 1, 1, name="x_test"),)},
            source=NAMES,
            learner={"fit_site": at(3)},
        ),
    ),
    Example(
        "anomalies that passed through the training data's scaler",
        sample(
            """
            scaler = StandardScaler()
            x_train = scaler.fit_transform(usual)
            x_test = scaler.transform(anomalies)
            model.fit(x_train, x_train)
            model.predict(x_test)
            """,
            inputs=images(-4, 4, 1, name="x_train"),
            data={"test_inputs": (images(-500, 500, 1, name="x_test"),)},
            source=NAMES,
        ),
    ),
    Example(
        "a function is tested beyond the numbers that it was trained on",
        sample(
            KERAS.replace("x_train = x_train/255", ""),
            inputs=images(-1, 1, 1, name="x_train"),
            data={"test_inputs": (images(-100, 100, 1, name="x_test"),)},
            source=NAMES,
        ),
    ),
    Example(
        "both are divided in the code",
        sample(KERAS.replace("model.fit", "x_test /= 255\nmodel.fit"), source=NAMES),
    ),
    Example(
        "a validation set with less spread",
        sample(
            KERAS,
            inputs=images(0, 1, 1),
            data={"validation_inputs": (images(0, 0.5, 1),)},
        ),
    ),
)
