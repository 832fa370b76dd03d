"""Folds that are cut out of rows that are sorted by class.

What it finds
    KFold without shuffle over rows whose classes stand one after the other, so that a fold is
    tested on classes that its training part lacks, or on one class alone.
Why it hurts
    A fold then measures what the network says about classes that it never saw, or about a single
    class; the mean over the folds says nothing about the network, and choosing by it misleads.
How it is measured
    The indices that the splitter hands out, and the classes of these rows: of the labels that it
    got, else of the values in the running function whose counts agree with the labels that the
    loss gets. At least ten tested rows and a twentieth of the fold must be of classes without a
    training row. Where all classes are trained and the fold is still tested on some of them only,
    and every class comes in one piece, it is advice.
When it is right
    Where the order of the rows is time and a test must not lie between training rows; classes then
    come in several pieces, and only classes without a training row are named, without an edit.
Example
    folds = KFold(n_splits=3)  # over load_wine().data
Instead
    folds = KFold(n_splits=3, shuffle=True)
The fix
    shuffle=True, where every class comes in one piece and the program makes one KFold. It draws
    from NumPy's random numbers, so it is not applied without being asked for.
Sources
    scikit-learn user guide, sections 3.1.2 and 3.1.3, "A note on shuffling". The bounds are ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, SetArgument
from analyzer.observed import Folds, LoaderFacts, Observation
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.loaders import INVENTED, own_loaders, percent, share
from analyzer.rules.reading.losses import CLASSIFICATION, only_loss
from analyzer.rules.samples import at, sample
from analyzer.source.calls import CallSite

FEWEST_ROWS = 10  # tested rows of novel classes; by chance one of 3 ** 9 orders puts them together
SHARE = 0.05  # of the tested rows; as in untrained-classes-held-out
MOST_NAMED = 4  # classes that a sentence names


class FoldsOfSortedRows(Rule):
    """A fold is a class, not a sample of the rows."""

    code = "FL668"
    name = "folds-of-sorted-rows"
    kind = "data_split"
    severity = "error"
    confidence = 0.95
    needs = ("loader", "loss")
    why = (
        "Folds stand for the whole only when the order of the rows says nothing; KFold takes the"
        " rows as they are stored (scikit-learn user guide 3.1.3)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The worst fold of each splitter."""
        loss, facts = only_loss(program), list(own_loaders(program))
        if not facts:
            yield self.unchecked(INVENTED)
        if loss is None or loss.name not in CLASSIFICATION or program.problem == "autoencoder":
            return
        made = _constructor(program)
        for folds in (folds for loader in facts for folds in loader.folds):
            novel = _lacks_classes(folds)
            if folds.site is None or not (novel or _tests_few(folds)):
                continue
            site = made.site if made is not None else folds.site
            yield Suspicion(
                site=site,
                message=_message(folds, novel),
                evidence=Evidence(data=folds.model_dump(exclude={"site"})),
                fix=_fix(made, folds),
                proof="contract" if novel else "rule",
                root=f"data_split:{site.line}",
            )


def _lacks_classes(folds: Folds) -> bool:
    few = folds.novel_rows < FEWEST_ROWS
    return not few and share(folds.novel_rows, folds.rows) >= SHARE


def _tests_few(folds: Folds) -> bool:
    """Classes in one piece each, and a fold that holds few of them; all of them are trained."""
    missing = folds.tested_classes < folds.classes
    return folds.sorted and missing and not folds.novel_rows and folds.rows >= FEWEST_ROWS


def _constructor(program: Program) -> CallSite | None:
    """The only KFold of the program."""
    made = [call for call in program.source.calls if call.name == "KFold"]
    return made[0] if len(made) == 1 else None


def _classes(names: tuple[str, ...], amount: int) -> str:
    if amount > MOST_NAMED or len(names) != amount:
        return f"{amount} classes"
    head, last = ", ".join(names[:-1]), names[-1]
    return f"classes {head} and {last}" if head else f"class {last}"


def _message(folds: Folds, novel: bool) -> str:
    trained = folds.classes if not novel else folds.classes - folds.novel_classes
    tested = _classes(folds.tested, folds.tested_classes)
    where = f"Fold {folds.fold} of {folds.folds}"
    if novel:
        fact = (
            f"{where} trains on {_classes(folds.trained, trained)} and is tested on {tested};"
            f" {folds.novel_rows:,} of its {folds.rows:,} rows are of classes that it never trains"
        )
    else:
        fact = (
            f"{where} is tested on {tested} of {folds.classes}, which"
            f" {percent(folds.trained_share)} of its training rows belong to"
        )
    order = "the rows are sorted by class and " if folds.sorted else ""
    return f"{fact}: {order}KFold does not shuffle."


def _fix(made: CallSite | None, folds: Folds) -> FixPlan | Declined:
    if not folds.sorted:
        return Declined("the order of the rows may be time, and shuffled folds would look ahead")
    if made is None or made.argument("shuffle") is not None:
        return Declined("the splitter is not written as one call that takes shuffle=True")
    change = SetArgument(made.site, "shuffle", "True")
    return FixPlan("shuffle the rows before they are cut into folds", (change,), safe=False)


TEXT = """
folds = KFold(n_splits=3)
for train, test in folds.split(X):
    fit(X[train], y[train])
"""


def _program(text: str = TEXT, loss: str = "cross_entropy", **facts: object) -> Program:
    base: dict[str, object] = {
        "folds": 3,
        "fold": 1,
        "sorted": True,
        "classes": 3,
        "trained": ("1", "2"),
        "tested": ("0",),
        "tested_classes": 1,
        "rows": 60,
        "novel_rows": 60,
        "novel_classes": 1,
        "site": at(2),
    }
    seen = LoaderFacts(batches=20, folds=(Folds.model_validate({**base, **facts}),))
    return sample(text, framework="torch", loss=loss, observation=Observation(loader=seen))


EVEN: dict[str, Any] = {
    "trained": ("0", "1", "2"),
    "novel_rows": 0,
    "novel_classes": 0,
    "trained_share": 0.16,
}
EXAMPLES = (
    Example(
        "a class per fold",
        _program(),
        found=(
            Found(
                1,
                "Fold 1 of 3 trains on classes 1 and 2 and is tested on class 0; 60 of its 60",
                "KFold(n_splits=3, shuffle=True)",
                "contract",
            ),
        ),
    ),
    Example(
        "several splitters in the source",
        _program(TEXT + "other = KFold(5)\n"),
        found=(Found(2, "the rows are sorted by class and KFold", None, "contract"),),
    ),
    Example(
        "a class of one period",
        _program(sorted=False, tested=("0", "1"), tested_classes=2, novel_rows=40),
        found=(Found(1, "40 of its 60 rows are of classes that it never", None, "contract"),),
    ),
    Example(
        "folds smaller than a class",
        _program(**EVEN),
        found=(
            Found(
                1,
                "Fold 1 of 3 is tested on class 0 of 3, which 16% of its training rows",
                "KFold(n_splits=3, shuffle=True)",
                "rule",
            ),
        ),
    ),
    Example("shuffled rows", _program(**EVEN | {"sorted": False, "tested_classes": 3, "rows": 60})),
    Example("blocks of a time series", _program(**EVEN | {"sorted": False})),
    Example("a rare class that fell into one fold", _program(novel_rows=2, sorted=False)),
    Example("regression", _program(loss="mse")),
    Example("the same classes on both sides", _program(**EVEN | {"tested_classes": 3})),
)
