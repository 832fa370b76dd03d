"""Losses, optimizers and activations: their names in both frameworks and their defaults."""

from __future__ import annotations

import re

KERAS_LOSSES: dict[str, str] = {
    "categoricalcrossentropy": "categorical_crossentropy",
    "sparsecategoricalcrossentropy": "sparse_categorical_crossentropy",
    "binarycrossentropy": "binary_crossentropy",
    "meansquarederror": "mean_squared_error",
    "mse": "mean_squared_error",
    "meanabsoluteerror": "mean_absolute_error",
    "mae": "mean_absolute_error",
    "meanabsolutepercentageerror": "mean_absolute_percentage_error",
    "mape": "mean_absolute_percentage_error",
    "meansquaredlogarithmicerror": "mean_squared_logarithmic_error",
    "msle": "mean_squared_logarithmic_error",
    "kullbackleiblerdivergence": "kl_div",
    "kldivergence": "kl_div",
    "kld": "kl_div",
    "poisson": "poisson",
    "hinge": "hinge",
    "squaredhinge": "squared_hinge",
    "categoricalhinge": "categorical_hinge",
    "huber": "huber",
    "huberloss": "huber",
    "logcosh": "log_cosh",
    "cosinesimilarity": "cosine_similarity",
    "cosineproximity": "cosine_similarity",
    "binaryfocalcrossentropy": "binary_focal_crossentropy",
    "categoricalfocalcrossentropy": "categorical_focal_crossentropy",
    "ctc": "ctc",
}
"""Keras' losses by their name in lower case without underscores."""

TORCH_LOSSES: dict[str, str] = {
    "CrossEntropyLoss": "cross_entropy",
    "cross_entropy": "cross_entropy",
    "NLLLoss": "nll",
    "NLLLoss2d": "nll",
    "nll_loss": "nll",
    "BCELoss": "bce",
    "binary_cross_entropy": "bce",
    "BCEWithLogitsLoss": "bce_with_logits",
    "binary_cross_entropy_with_logits": "bce_with_logits",
    "MSELoss": "mse",
    "mse_loss": "mse",
    "L1Loss": "l1",
    "l1_loss": "l1",
    "SmoothL1Loss": "smooth_l1",
    "smooth_l1_loss": "smooth_l1",
    "HuberLoss": "huber",
    "huber_loss": "huber",
    "KLDivLoss": "kl_div",
    "kl_div": "kl_div",
    "HingeEmbeddingLoss": "hinge",
    "hinge_embedding_loss": "hinge",
    "MultiMarginLoss": "multi_margin",
    "multi_margin_loss": "multi_margin",
    "MultiLabelSoftMarginLoss": "multi_label_soft_margin",
    "multilabel_soft_margin_loss": "multi_label_soft_margin",
    "SoftMarginLoss": "soft_margin",
    "soft_margin_loss": "soft_margin",
    "PoissonNLLLoss": "poisson_nll",
    "poisson_nll_loss": "poisson_nll",
    "GaussianNLLLoss": "gaussian_nll",
    "CTCLoss": "ctc",
    "ctc_loss": "ctc",
    "CosineEmbeddingLoss": "cosine_embedding",
    "cosine_embedding_loss": "cosine_embedding",
    "TripletMarginLoss": "triplet_margin",
    "triplet_margin_loss": "triplet_margin",
    "MarginRankingLoss": "margin_ranking",
    "margin_ranking_loss": "margin_ranking",
}
"""PyTorch's loss modules and functions."""

OPTIMIZERS: dict[str, tuple[float | None, float | None]] = {
    "SGD": (0.01, 1e-3),
    "Adam": (1e-3, 1e-3),
    "AdamW": (1e-3, 1e-3),
    "Adamax": (1e-3, 2e-3),
    "Nadam": (1e-3, None),
    "NAdam": (None, 2e-3),
    "RMSprop": (1e-3, 0.01),
    "Adagrad": (1e-3, 0.01),
    "Adadelta": (1e-3, 1.0),
    "Ftrl": (1e-3, None),
    "Lion": (1e-3, None),
    "Adafactor": (1e-3, 0.01),
    "RAdam": (None, 1e-3),
    "ASGD": (None, 0.01),
    "Rprop": (None, 0.01),
    "LBFGS": (None, 1.0),
    "SparseAdam": (None, 1e-3),
}
"""Default learning rates under (Keras 3, PyTorch 2), as their constructors state them."""

_BY_LOWER = {name.lower(): name for name in OPTIMIZERS}
_TF1 = re.compile(r"^tensorflow\.(?:compat\.v1\.)?train\.(\w+?)Optimizer$")

ACTIVATIONS: dict[str, str] = {
    "relu": "relu",
    "relu6": "relu6",
    "leakyrelu": "leaky_relu",
    "prelu": "prelu",
    "rrelu": "rrelu",
    "elu": "elu",
    "selu": "selu",
    "celu": "celu",
    "gelu": "gelu",
    "silu": "silu",
    "swish": "silu",
    "mish": "mish",
    "softplus": "softplus",
    "softsign": "softsign",
    "sigmoid": "sigmoid",
    "logsigmoid": "log_sigmoid",
    "hardsigmoid": "hard_sigmoid",
    "hardswish": "hard_swish",
    "hardsilu": "hard_swish",
    "hardtanh": "hard_tanh",
    "tanh": "tanh",
    "softmax": "softmax",
    "logsoftmax": "log_softmax",
    "softmin": "softmin",
    "exponential": "exponential",
    "thresholdedrelu": "thresholded_relu",
    "threshold": "threshold",
    "glu": "glu",
    "softshrink": "softshrink",
    "hardshrink": "hardshrink",
    "tanhshrink": "tanhshrink",
    "softmax2d": "softmax",
}
"""Activation names by their spelling in lower case without underscores."""

_NO_ACTIVATION = frozenset({"linear", "none", "identity", ""})


def activation_name(spelling: str) -> str | None:
    """The canonical activation, None for the identity; an unknown one keeps its own name."""
    plain = spelling.rsplit(".", 1)[-1].replace("_", "").lower()
    if plain in _NO_ACTIVATION:
        return None
    return ACTIVATIONS.get(plain, spelling.rsplit(".", 1)[-1].lower())


def is_activation(spelling: str) -> bool:
    """Whether the last part of a dotted name is an activation of either framework."""
    return spelling.rsplit(".", 1)[-1].replace("_", "").lower() in ACTIVATIONS


def keras_loss(spelling: str) -> str | None:
    """The canonical name of Keras' loss, from a string, a class or a function; None if not one."""
    return KERAS_LOSSES.get(spelling.rsplit(".", 1)[-1].replace("_", "").lower())


def optimizer_class(callee: str) -> str | None:
    """The class name of an optimizer's canonical dotted name, None when it is no optimizer."""
    if match := _TF1.match(callee):
        return {"GradientDescent": "SGD", "RMSProp": "RMSprop"}.get(match[1], match[1])
    module, _, name = callee.rpartition(".")
    if module in {
        "keras.optimizers",
        "torch.optim",
        "torch_optimizer",
        "transformers",
        "apex.optimizers",
    }:
        known = _BY_LOWER.get(name.lower())
        if known or (name[:1].isupper() and name not in {"Optimizer", "LossScaleOptimizer"}):
            return known or name
    return None


def default_rate(name: str, *, torch: bool) -> float | None:
    """The learning rate that an optimizer has when the program gives none."""
    known = _BY_LOWER.get(name.lower())
    return OPTIMIZERS[known][int(torch)] if known else None
