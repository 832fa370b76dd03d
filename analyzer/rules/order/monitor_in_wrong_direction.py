"""A callback that takes a falling loss, or a rising score, for a bad sign.

What it finds
    EarlyStopping, ModelCheckpoint (save_best_only) or ReduceLROnPlateau that waits for a loss to
    rise or for an accuracy to fall.
Why it hurts
    Training stops while it works, the worst model is kept as the best, or the rate is reduced at
    every success.
How it is measured
    The callback's own comparison as the run set it, against what its metric means.
When it is right
    A metric whose name does not say which way is better is not judged.
Example
    EarlyStopping(monitor="val_loss", mode="max", patience=3)
Instead
    EarlyStopping(monitor="val_loss", mode="min", patience=3)
The fix
    The other mode. Safe.
Sources
    Keras documentation of EarlyStopping, ModelCheckpoint and ReduceLROnPlateau, mode.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import FixPlan, SetArgument
from analyzer.observed.order import Watch
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import order_of
from analyzer.rules.reading.watches import better_when
from analyzer.rules.samples import at
from analyzer.rules.traces import ordered


class MonitorInWrongDirection(Rule):
    """Success is punished."""

    code = "FL653"
    name = "monitor-in-wrong-direction"
    kind = "metric"
    severity = "warning"
    confidence = 0.97
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("order",)
    why = "mode says whether larger or smaller values are better (Keras documentation)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each callback's comparison against its metric."""
        for watch in order_of(program).watches:
            better = better_when(watch.monitor)
            if better is None or watch.rising is None or watch.site is None:
                continue
            if watch.rising == (better == "larger"):
                continue
            way = "rise" if watch.rising else "fall"
            mode = "max" if better == "larger" else "min"
            yield Suspicion(
                site=watch.site,
                message=f"{watch.name} waits for {watch.monitor} to {way}: {better} is better.",
                evidence=Evidence(trace={"monitor": watch.monitor, "mode": watch.mode}),
                fix=FixPlan(f"set mode to {mode}", (SetArgument(watch.site, "mode", f'"{mode}"'),)),
                proof="contract",
            )


TEXT = """
EarlyStopping(monitor="val_loss", mode="max")
model.fit(x, y, callbacks=[stop])
"""


def _program(monitor: str, *, rising: bool | None) -> Program:
    site = at(1).model_copy(update={"end_column": 45})
    watch = Watch(name="EarlyStopping", site=site, monitor=monitor, mode="max", rising=rising)
    return ordered(TEXT, framework="keras", watches=(watch,))


EXAMPLES = (
    Example(
        "waits for the loss to rise",
        _program("val_loss", rising=True),
        found=(Found(1, "waits for val_loss to rise", 'mode="min"', "contract"),),
    ),
    Example("waits for the loss to fall", _program("val_loss", rising=False)),
    Example("waits for the accuracy to rise", _program("val_accuracy", rising=True)),
    Example("a name that says nothing", _program("val_score_of_mine", rising=True)),
)
