"""A callback that watches the training although there is validation data.

What it finds
    EarlyStopping or ModelCheckpoint (save_best_only) with a monitor of the training, in a fit with
    validation data.
Why it hurts
    The training loss falls on while the model overfits: what is stopped or kept by it is not what
    is best on new data.
How it is measured
    The monitor and the validation data of the run.
When it is right
    It may be meant, for instance to stop when nothing is learned any more; hence advice.
Example
    model.fit(x, y, validation_split=0.2, callbacks=[EarlyStopping(monitor="loss")])
Instead
    model.fit(x, y, validation_split=0.2, callbacks=[EarlyStopping(monitor="val_loss")])
The fix
    None is offered: it may be meant.
Sources
    Prechelt, "Early Stopping - But When?", 1998, section 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed.order import Watch
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import order_of
from analyzer.rules.samples import at
from analyzer.rules.traces import ordered

JUDGED = ("EarlyStopping", "ModelCheckpoint")


class MonitorOfTraining(Rule):
    """Not the data that it is for."""

    code = "FL655"
    name = "monitor-of-training"
    kind = "metric"
    severity = "advice"
    confidence = 0.8
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("order",)
    why = "Early stopping needs data that the weights were not fitted to (Prechelt 1998)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Monitors that have a twin of validation."""
        for watch in order_of(program).watches:
            twin = f"val_{watch.monitor}"
            if watch.name in JUDGED and twin in watch.available and watch.site is not None:
                yield Suspicion(
                    site=watch.site,
                    message=(
                        f"{watch.name} watches {watch.monitor} of the training; {twin} is there"
                        " too."
                    ),
                    evidence=Evidence(trace={"monitor": watch.monitor, "validation": twin}),
                    fix=Declined("it may be meant"),
                    proof="contract",
                )


TEXT = """
EarlyStopping(monitor="loss")
model.fit(x, y, callbacks=[stop])
"""


def _program(monitor: str, available: tuple[str, ...], name: str = "EarlyStopping") -> Program:
    watch = Watch(name=name, site=at(1), monitor=monitor, available=available)
    return ordered(TEXT, framework="keras", watches=(watch,))


EXAMPLES = (
    Example(
        "the training loss",
        _program("loss", ("loss", "val_loss")),
        found=(Found(1, "val_loss is there too", None, "contract"),),
    ),
    Example("the validation loss", _program("val_loss", ("loss", "val_loss"))),
    Example("no validation data", _program("loss", ("loss",))),
    Example("a rate that follows the training", _program("loss", ("loss", "val_loss"), "Reduce")),
)
