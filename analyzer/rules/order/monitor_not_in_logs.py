"""A callback that watches a value that is not there.

What it finds
    EarlyStopping, ModelCheckpoint (save_best_only) or ReduceLROnPlateau whose monitor is in no
    epoch's logs: val_loss without validation data, val_acc where the metric is called accuracy.
Why it hurts
    The callback prints a warning per epoch and does nothing: training never stops early, and no
    model is saved.
How it is measured
    The names in the logs of the run, those of validation included when there is validation data.
When it is right
    Other callbacks of the program may add to the logs; then nothing is said.
Example
    model.fit(x, y, callbacks=[EarlyStopping(monitor="val_loss")])
Instead
    model.fit(x, y, validation_split=0.2, callbacks=[EarlyStopping(monitor="val_loss")])
The fix
    The metric's present name, where only the name is old. Otherwise none is offered.
Sources
    Keras documentation of EarlyStopping, monitor.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, SetArgument
from analyzer.observed.order import Watch
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import order_of
from analyzer.rules.reading.watches import name_in_logs, position_of_monitor
from analyzer.rules.samples import at
from analyzer.rules.traces import ordered


class MonitorNotInLogs(Rule):
    """A callback without effect."""

    code = "FL654"
    name = "monitor-not-in-logs"
    kind = "metric"
    severity = "warning"
    confidence = 0.97
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("order",)
    why = "A callback that does not find its monitor in the logs only warns (Keras documentation)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each monitor against the names in the logs."""
        for watch in order_of(program).watches:
            if not watch.available or watch.monitor in watch.available or watch.site is None:
                continue
            names = ", ".join(n for n in watch.available if n not in ("lr", "learning_rate"))
            data = "" if watch.validated else "; there is no validation data"
            yield Suspicion(
                site=watch.site,
                message=(
                    f"{watch.name} watches {watch.monitor}, and the logs hold {names}{data}:"
                    " it has no effect."
                ),
                evidence=Evidence(trace={"monitor": watch.monitor, "logs": watch.available}),
                fix=_renamed(watch),
                proof="contract",
            )


def _renamed(watch: Watch) -> FixPlan | Declined:
    name = name_in_logs(watch)
    if name is None or watch.site is None:
        return Declined("which value shall be watched is the author's choice")
    position = position_of_monitor(watch)
    change = SetArgument(watch.site, "monitor", f'"{name}"', position)
    return FixPlan(f"watch {name}", (change,))


TEXT = """
EarlyStopping(monitor="val_acc")
model.fit(x, y, callbacks=[stop])
"""
LOGS = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "lr")


def _program(monitor: str, available: tuple[str, ...], *, validated: bool = True) -> Program:
    site = at(1).model_copy(update={"end_column": 32})
    watch = Watch(
        name="EarlyStopping",
        site=site,
        monitor=monitor,
        available=available,
        validated=validated,
    )
    return ordered(TEXT, framework="keras", watches=(watch,))


EXAMPLES = (
    Example(
        "an old name",
        _program("val_acc", LOGS),
        found=(Found(1, "watches val_acc", 'monitor="val_accuracy"', "contract"),),
    ),
    Example(
        "no validation data",
        _program("val_loss", ("loss", "accuracy"), validated=False),
        found=(Found(1, "there is no validation data", None, "contract"),),
    ),
    Example("it is there", _program("val_accuracy", LOGS)),
    Example("the logs are not known", _program("val_mine", ())),
)
