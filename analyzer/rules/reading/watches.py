"""Reading what a callback watches: which way is better, and how it is called now."""

from __future__ import annotations

from analyzer.observed.order import Watch

SCORES = ("acc", "accuracy", "auc", "precision", "recall", "f1", "r2", "iou", "dice", "kappa")
ERRORS = ("loss", "mse", "mae", "rmse", "mape", "msle", "error", "perplexity", "divergence")
OLD_NAMES = {"acc": "accuracy", "val_acc": "val_accuracy"}


def better_when(monitor: str) -> str | None:
    """ "larger" or "smaller", by the words of the metric's name; None when it is not telling."""
    words = monitor.lower().removeprefix("val_").split("_")
    if any(word in ERRORS for word in words):
        return "smaller"
    return "larger" if any(word.rstrip("0123456789") in SCORES for word in words) else None


def name_in_logs(watch: Watch) -> str | None:
    """The name that the watched metric has in the logs, when it is plain which one is meant."""
    renamed = OLD_NAMES.get(watch.monitor)
    return renamed if renamed in watch.available else None


def position_of_monitor(watch: Watch) -> int:
    """Where a callback's constructor takes the monitor without its keyword."""
    return 1 if watch.name == "ModelCheckpoint" else 0
