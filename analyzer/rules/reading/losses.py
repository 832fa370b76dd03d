"""What each loss function takes: families of names."""

from __future__ import annotations

from analyzer.observed import LabelEncoding, LossUse
from analyzer.rules.base import Program

SQUARED = frozenset({"mean_squared_error", "mse", "mse_loss"})
REGRESSION = SQUARED | {
    "mean_absolute_error",
    "mae",
    "l1",
    "smooth_l1",
    "huber",
    "log_cosh",
    "logcosh",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
}
KERAS_ONE_HOT = frozenset({"categorical_crossentropy"})
KERAS_INTEGER = frozenset({"sparse_categorical_crossentropy"})
KERAS_BINARY = frozenset({"binary_crossentropy"})
KERAS_CROSS_ENTROPIES = KERAS_ONE_HOT | KERAS_INTEGER | KERAS_BINARY
TORCH_LOGITS = frozenset({"cross_entropy", "bce_with_logits"})
TORCH_LOG_PROBABILITIES = frozenset({"nll"})
TORCH_PROBABILITIES = frozenset({"bce"})
BINARY = KERAS_BINARY | {"bce", "bce_with_logits"}
CATEGORICAL = KERAS_ONE_HOT | KERAS_INTEGER | {"cross_entropy", "nll"}
CLASSIFICATION = BINARY | CATEGORICAL

SPOKEN = {
    "cross_entropy": "CrossEntropyLoss",
    "bce": "BCELoss",
    "bce_with_logits": "BCEWithLogitsLoss",
    "nll": "NLLLoss",
    "mse": "MSELoss",
    "l1": "L1Loss",
    "smooth_l1": "SmoothL1Loss",
    "huber": "HuberLoss",
}


def only_loss(program: Program) -> LossUse | None:
    """The loss of a program with exactly one that is not the program's own function."""
    losses = program.learner.losses if program.learner else ()
    return losses[0] if len(losses) == 1 and not losses[0].custom else None


def against_the_rest(loss: LossUse, activation: str | None, encoding: LabelEncoding | None) -> bool:
    """Sigmoid units that learn one class each against the rest.

    Binary cross-entropy over one-hot rows is a sound loss of its own: each output is its class's
    probability, the largest names the class. Integer labels or another loss do not make that sense.
    """
    return loss.name in BINARY and activation == "sigmoid" and encoding == "one_hot"


def takes_logits(loss: LossUse) -> bool:
    """Whether the loss applies softmax or sigmoid itself."""
    return loss.name in TORCH_LOGITS or (
        loss.name in KERAS_CROSS_ENTROPIES and loss.from_logits is True
    )


def takes_probabilities(loss: LossUse) -> bool:
    """Whether the loss takes what softmax or sigmoid returns."""
    return loss.name in TORCH_PROBABILITIES or (
        loss.name in KERAS_CROSS_ENTROPIES and not loss.from_logits
    )


def spoken(loss: LossUse) -> str:
    """The loss as people call it: "CrossEntropyLoss", "binary_crossentropy"."""
    return SPOKEN.get(loss.name, loss.name)
