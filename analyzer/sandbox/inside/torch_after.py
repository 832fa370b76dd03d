"""What is asked when the warm-up is over: the loaders, the padding, and the model itself.

Nothing of the program follows, so reading items and calling the model can change no training.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from .loader_fits import facts as fits
from .loader_folds import facts as folds
from .torch_baselines import baselines
from .torch_loader_reads import kept_randomness
from .torch_padding import padding
from .torch_probes import causality, independence
from .torch_recording import Facts


def collect(training: Any) -> None:
    """Fill in facts["loader"] and facts["probes"] of a PyTorch program."""
    recorder, report = training.recorder, training.report
    if report.of_another or recorder.facts["framework"] != "torch":
        return
    if threading.current_thread() is not threading.main_thread() or "numpy" not in sys.modules:
        return
    if not (recorder.facts["trace"] or {}).get("steps"):
        return
    recorder.snapshot()
    with training.calls.silence():
        recorder.guarded(_collect, training)


def _collect(training: Any) -> None:
    recorder, report = training.recorder, training.report
    guarded = recorder.guarded
    loader = guarded(report.loaders.collect)
    if loader is not None:
        loader["padding"] = guarded(padding, report)
        loader["fits"] = list(guarded(fits) or [])
        pile = report.batches.label_pile()
        loader["folds"] = list(guarded(folds, pile and pile.parts) or [])
        recorder.facts["loader"] = loader
    trace = recorder.trace()
    trace["output_uses"] = training.outputs.facts(training.heard.model)
    trace["metric_pairs"] = training.metric_pairs.facts(training.heard.model)
    trace["validation_losses"] = report.losses.evaluation_facts()
    trace["broadcasts"] = training.heard.by_hand.stretched.facts()
    if recorder.facts["trouble"] is None:
        recorder.snapshot()
        training.closed = True
        with kept_randomness():
            probes: Facts = {
                "independence": guarded(independence, training),
                "causality": guarded(causality, training),
                "baselines": guarded(baselines, training),
            }
        recorder.facts["probes"] = probes
