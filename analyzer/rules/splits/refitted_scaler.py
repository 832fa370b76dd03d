"""A scaler that is fitted again on the test data.

What it finds
    fit or fit_transform of a scikit-learn scaler on the validation or test part, after one of the
    same class was fitted on the training part.
Why it hurts
    Both parts come out with mean 0 and deviation 1, each by its own figures. The same measurement
    becomes another input in training and in testing, and a shift between the parts disappears.
How it is measured
    Exactly: two fits of one class on tables with the same columns and other rows, the second one
    on the table that the split or its own name calls the held-out part, and its output is used.
When it is right
    When each domain or subject is normalized by itself on purpose; its arrays are then not called
    test or validation.
Example
    x_train = scaler.fit_transform(x_train)
    x_test = scaler.fit_transform(x_test)
Instead
    x_train = scaler.fit_transform(x_train)
    x_test = scaler.transform(x_test)
The fix
    The second call becomes transform, when it is written on the same variable as the first.
Sources
    scikit-learn user guide 12.1, inconsistent preprocessing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import EarlyFit, LoaderFacts, Observation, Site
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.loaders import INVENTED, own_loaders
from analyzer.rules.reading.mends import text_at
from analyzer.rules.reading.proof import number
from analyzer.rules.sample_calls import PATH
from analyzer.rules.samples import at, sample

CALL = re.compile(r"(?P<scaler>\w+)\.fit_transform\((?P<rest>.*)\)$")


class RefittedScaler(Rule):
    """Training and test data are scaled by different figures."""

    code = "FL664"
    name = "refitted-scaler"
    kind = "normalization"
    severity = "warning"
    confidence = 0.95
    needs = ("loader",)
    why = (
        "Test data must pass through the transformation that was fitted on the training data"
        " (scikit-learn user guide 12.1)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each second fit."""
        facts = list(own_loaders(program))
        if not facts:
            yield self.unchecked(INVENTED)
        for fit in (fit for loader in facts for fit in loader.fits):
            if fit.case != "refitted" or fit.site is None:
                continue
            means = ""
            if fit.fitted is not None and fit.trained is not None:
                means = f" (a column's mean: {number(fit.trained)}, here {number(fit.fitted)})"
            yield Suspicion(
                site=fit.site,
                message=(
                    f"{fit.estimator} is fitted again on {fit.rows:,} held-out rows, after"
                    f" {fit.trained_rows:,} other rows{means}."
                ),
                evidence=Evidence(data={"fitted": fit.fitted, "trained": fit.trained}),
                fix=_fix(program, fit),
                proof="contract",
            )


def _fix(program: Program, fit: EarlyFit) -> FixPlan | Declined:
    texts = [site and text_at(program.source, site) for site in (fit.split_site, fit.site)]
    calls = [CALL.match(text or "") for text in texts]
    first, second = calls
    if first is None or second is None or fit.site is None or first[1] != second[1]:
        return Declined("the two fits are not written as fit_transform of one variable")
    text = f"{second['scaler']}.transform({second['rest']})"
    return FixPlan("transform with what was fitted before", (ReplaceExpression(fit.site, text),))


TEXT = """
x_train = scaler.fit_transform(x_train)
x_test = scaler.fit_transform(x_test)
"""


def _call(line: int, column: int, end: int) -> Site:
    return Site(path=PATH, line=line, column=column, end_line=line, end_column=end)


def _program(**facts: object) -> Program:
    base = {"estimator": "MinMaxScaler", "case": "refitted", "rows": 80, "trained_rows": 320}
    sites = {"site": _call(2, 9, 37), "split_site": _call(1, 10, 39)}
    fit = EarlyFit.model_validate({**base, **sites, **facts})
    seen = Observation(loader=LoaderFacts(fits=(fit,)))
    return sample(TEXT, framework="keras", observation=seen)


EXAMPLES = (
    Example(
        "fit_transform on the test data",
        _program(fitted=4.1, trained=5.0),
        found=(
            Found(
                2, "(a column's mean: 5, here 4.1)", "x_test = scaler.transform(x_test)", "contract"
            ),
        ),
    ),
    Example(
        "two scalers",
        _program(split_site=at(1)),
        found=(Found(2, "after 320 other rows", None, "contract"),),
    ),
    Example("fitted once", sample(TEXT, observation=Observation(loader=LoaderFacts()))),
    Example("another rule's fault", _program(case="whole")),
)
