"""How likely a kind of fault is in this program, before any symptom: its facts weigh the causes.

A symptom has several causes. Which of them it is shows in the rest of the program: a rate that is
usual is seldom the fault, inputs that are scaled never are. The weights are odds against a program
of which nothing is known (1.0); they are ours, order what is tried and decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analyzer.kinds import Kind
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import data_seen
from analyzer.rules.reading.rates import BANDS
from analyzer.rules.reading.scaling import is_scaled, model_scales
from analyzer.rules.reading.stack import hidden_blocks, own_activation
from analyzer.symptoms.base import StepSize
from analyzer.symptoms.output_fit import activation_fits, loss_fits

AGAINST = 0.25
"""The fact speaks against this kind."""
EXCLUDED = 0.1
SUSPECT = 2.5
"""The fact is itself unusual."""
NEAR_USUAL = 4.0  # times above or below the usual rate
LARGE_TARGETS = 10.0  # deviation of a regression's labels
SATURATING = frozenset({"sigmoid", "hard_sigmoid", "tanh", "softmax"})
SCALED_STARTS = ("glorot", "he_", "lecun", "xavier", "kaiming", "orthogonal", "variance")
USUAL_BATCHES = (8, 256)
FEW_SAMPLES = 200
HIGH_DROPOUT = 0.6  # Srivastava et al. 2014, appendix A.4: 0.2 to 0.5 of the hidden units
HEAVY_DECAY = 0.05  # AdamW's usual 0.01, with room
SLOW = frozenset({"adadelta", "adagrad", "ftrl"})
"""Optimizers whose steps shrink, or begin small, by construction."""
ODD_LABELS = frozenset({"plus_minus_one", "text", "constant", "unknown"})
OWN_STARTS = frozenset(
    {"constant_", "zeros_", "ones_", "normal_", "uniform_", "fill_", "trunc_normal_", "zero_"}
)
"""Calls by which a PyTorch program sets weights to values that no number of inputs scales."""


def odds(kind: Kind, program: Program, steps: StepSize | None = None) -> float:
    """The weight of a kind in this program.

    Args:
        steps: whether a symptom speaks for steps that are too long or too short.
    """
    if kind == "learning_rate":
        return _learning_rate(program, steps)
    weigh = WEIGH.get(kind)
    return 1.0 if weigh is None else weigh(program)


def _learning_rate(program: Program, steps: StepSize | None) -> float:
    found = program.learner.optimizers if program.learner else ()
    if not found or found[0].learning_rate is None or found[0].name not in BANDS:
        return 1.0
    band = BANDS[found[0].name]
    ratio = found[0].learning_rate / band.usual
    side: StepSize = "long" if ratio > 1 else "short"
    if 1 / NEAR_USUAL <= ratio <= NEAR_USUAL:
        return 2 * AGAINST
    if steps is not None and side != steps:
        return AGAINST
    return 1.0 if band.low <= found[0].learning_rate <= band.high else SUSPECT


def _normalization(program: Program) -> float:
    if program.data is None or not program.data.inputs or not data_seen(program):
        return 1.0
    labels = program.data.labels
    targets = any(
        each.encoding == "continuous" and (each.std or 0.0) > LARGE_TARGETS for each in labels
    )
    if program.graph is not None and model_scales(program.graph):
        return 1.0 if targets else EXCLUDED
    verdicts = [is_scaled(stats) for stats in program.data.inputs]
    if False in verdicts:
        return SUSPECT
    return 1.5 if targets else EXCLUDED if all(verdicts) else 1.0


def _output_activation(program: Program) -> float:
    return _weight(activation_fits(program))


def _loss(program: Program) -> float:
    return _weight(loss_fits(program))


def _weight(fits: bool | None) -> float:
    return 1.0 if fits is None else AGAINST if fits else SUSPECT


def _label_encoding(program: Program) -> float:
    """Signs, texts and rows of classes are written otherwise for most losses."""
    found = program.data.labels if program.data else ()
    if not found:
        return 1.0
    return SUSPECT if found[0].encoding in ODD_LABELS else 2 * AGAINST


def _hidden_activation(program: Program) -> float:
    found = hidden_blocks(program.graph) if program.graph else ()
    if not found:
        return 2 * AGAINST
    names = [own_activation(each) for block in found for each in block.activations]
    bare = any(not block.activations and not block.opaque for block in found)
    return SUSPECT if bare or SATURATING & set(names) else AGAINST


def _initializer(program: Program) -> float:
    layers = program.graph.layers if program.graph else ()
    named = [layer.initializer.lower() for layer in layers if layer.initializer]
    if any(not any(good in name for good in SCALED_STARTS) for name in named):
        return SUSPECT
    if program.framework == "torch" and any(c.name in OWN_STARTS for c in program.source.calls):
        return SUSPECT
    return 2 * AGAINST


def _optimizer(program: Program) -> float:
    found = program.learner.optimizers if program.learner else ()
    if not found:
        return 1.0
    if found[0].foreign_parameters or found[0].missing_parameters:
        return SUSPECT
    if (found[0].weight_decay or 0.0) >= HEAVY_DECAY or found[0].name in SLOW:
        return SUSPECT
    adaptive = found[0].name in ("adam", "adamw", "nadam", "rmsprop")
    return AGAINST if adaptive else 1.0


def _dropout(program: Program) -> float:
    layers = program.graph.layers if program.graph else ()
    rates = [layer.rate for layer in layers if layer.op == "dropout" and layer.rate is not None]
    return SUSPECT if any(rate > HIGH_DROPOUT for rate in rates) else EXCLUDED


def _parameters(program: Program) -> float:
    found = program.learner.optimizers if program.learner else ()
    missing = any(each.foreign_parameters or each.missing_parameters for each in found)
    return SUSPECT if missing else 2 * AGAINST


def _batch_size(program: Program) -> float:
    size = program.learner.batch_size if program.learner else None
    low, high = USUAL_BATCHES
    return 1.0 if size is None else AGAINST if low <= size <= high else SUSPECT


def _numerics(program: Program) -> float:
    inputs = program.data.inputs if program.data else ()
    return SUSPECT if any(stats.nan or stats.infinite for stats in inputs) else 0.5


def _metric(program: Program) -> float:
    return SUSPECT if program.problem == "regression" else AGAINST


def _data_size(program: Program) -> float:
    inputs = program.data.inputs if program.data else ()
    samples = inputs[0].samples if inputs else None
    return 1.0 if samples is None else SUSPECT if samples < FEW_SAMPLES else AGAINST


WEIGH: Mapping[Kind, Callable[[Program], float]] = {
    "normalization": _normalization,
    "output_activation": _output_activation,
    "loss": _loss,
    "label_encoding": _label_encoding,
    "hidden_activation": _hidden_activation,
    "initializer": _initializer,
    "optimizer": _optimizer,
    "parameters": _parameters,
    "batch_size": _batch_size,
    "numerics": _numerics,
    "metric": _metric,
    "dropout": _dropout,
    "data_size": _data_size,
}
