"""Statistics that are fitted on all rows before they are split.

What it finds
    A scaler, imputer, PCA or feature selection of scikit-learn that is fitted on the whole table,
    which train_test_split divides afterwards.
Why it hurts
    The training part carries statistics of the rows that it is tested on. With a scaler the effect
    is small; with a selection of features by their labels, random features look predictive.
How it is measured
    Exactly: the table that was split holds the columns that the estimator gave out, the estimator
    was fitted on as many rows as the table has, and its mean differs from the training part's.
When it is right
    When the statistics are known beforehand, like dividing pixels by 255.
Example
    x = StandardScaler().fit_transform(x)
    x_train, x_test = train_test_split(x)
Instead
    x_train, x_test = train_test_split(x)
    scaler = StandardScaler().fit(x_train)
    x_train, x_test = scaler.transform(x_train), scaler.transform(x_test)
The fix
    None is offered: the order of several statements changes.
Sources
    scikit-learn user guide 12.2, data leakage; Hastie, Tibshirani and Friedman, The Elements of
    Statistical Learning, section 7.10.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import EarlyFit, LoaderFacts, Observation
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.loaders import INVENTED, own_loaders
from analyzer.rules.reading.proof import number
from analyzer.rules.samples import at, sample


class StatisticsOfWholeSet(Rule):
    """The training part carries statistics of the test part."""

    code = "FL663"
    name = "statistics-of-whole-set"
    kind = "data_split"
    severity = "warning"
    confidence = 0.95
    needs = ("loader",)
    why = (
        "Statistics of the rows that are tested must not enter the training part; fit on the"
        " training part alone (scikit-learn user guide 12.2)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each fit that a split of the same rows follows."""
        facts = list(own_loaders(program))
        if not facts:
            yield self.unchecked(INVENTED)
        for fit in (fit for loader in facts for fit in loader.fits):
            if fit.case != "whole" or fit.site is None:
                continue
            split = f" on line {fit.split_site.line}" if fit.split_site else ""
            saw = "chooses features by the labels of" if fit.supervised else "is fitted on"
            yield Suspicion(
                site=fit.site,
                message=(
                    f"{fit.estimator} {saw} all {fit.rows:,} rows, and {fit.trained_rows:,} of them"
                    f" become the training part{split}{_means(fit)}."
                ),
                evidence=Evidence(data=fit.model_dump(include={"rows", "trained_rows"})),
                fix=Declined("several statements change their order"),
                proof="contract",
            )


def _means(fit: EarlyFit) -> str:
    if fit.fitted is None or fit.trained is None:
        return ""
    fitted = 0.0 if abs(fit.fitted) < 1e-6 else fit.fitted
    return f" (a column's mean: {number(fitted)} over all, {number(fit.trained)} in training)"


TEXT = """
x = StandardScaler().fit_transform(x)
x_train, x_test = train_test_split(x)
"""


def _program(**facts: object) -> Program:
    base = {"estimator": "StandardScaler", "case": "whole", "rows": 400, "trained_rows": 320}
    fit = EarlyFit.model_validate({**base, "site": at(1), "split_site": at(2), **facts})
    seen = Observation(loader=LoaderFacts(fits=(fit,)))
    return sample(TEXT, framework="torch", observation=seen)


EXAMPLES = (
    Example(
        "a scaler before the split",
        _program(fitted=1e-16, trained=0.04),
        found=(Found(1, "all 400 rows, and 320 of them become", None, "contract"),),
    ),
    Example(
        "features are chosen before the split",
        _program(estimator="SelectKBest", supervised=True),
        found=(Found(1, "SelectKBest chooses features by the labels", None, "contract"),),
    ),
    Example(
        "a scaler that was fitted on the training part",
        sample(TEXT, framework="torch", observation=Observation(loader=LoaderFacts())),
    ),
    Example("another fault of another rule", _program(case="refitted")),
)
