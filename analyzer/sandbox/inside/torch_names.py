"""The words of PyTorch, as tables: what each module, function and loss is in our terms.

Pure data; PyTorch itself is not imported. A class stands here by its own name and counts only when
it comes from `torch.nn`; a function by its name without the underscore of its in-place form.
"""

from __future__ import annotations

_ACTIVATIONS = {
    "ReLU": "relu",
    "ReLU6": "relu6",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "RReLU": "rrelu",
    "ELU": "elu",
    "CELU": "celu",
    "SELU": "selu",
    "GELU": "gelu",
    "GLU": "glu",
    "SiLU": "silu",
    "Mish": "mish",
    "Sigmoid": "sigmoid",
    "LogSigmoid": "logsigmoid",
    "Tanh": "tanh",
    "Softmax": "softmax",
    "Softmax2d": "softmax",
    "LogSoftmax": "log_softmax",
    "Softmin": "softmin",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Softshrink": "softshrink",
    "Hardshrink": "hardshrink",
    "Hardtanh": "hardtanh",
    "Hardsigmoid": "hardsigmoid",
    "Hardswish": "hardswish",
    "Tanhshrink": "tanhshrink",
    "Threshold": "threshold",
}

MODULE_ACTIVATIONS = _ACTIVATIONS
FUNCTION_ACTIVATIONS = {name: name for name in _ACTIVATIONS.values()}

_DIMENSIONS = ("1d", "2d", "3d")


def _ranks(*names: str) -> list[str]:
    return [name + rank for name in names for rank in _DIMENSIONS]


MODULE_OPS: dict[str, str] = (
    dict.fromkeys(("Linear", "Bilinear"), "dense")
    | dict.fromkeys(_ranks("Conv"), "conv")
    | dict.fromkeys(_ranks("ConvTranspose"), "conv_transpose")
    | dict.fromkeys(_ACTIVATIONS, "activation")
    | dict.fromkeys((*_ranks("BatchNorm"), "SyncBatchNorm"), "batch_norm")
    | dict.fromkeys(("LayerNorm", "RMSNorm"), "layer_norm")
    | dict.fromkeys(("GroupNorm", *_ranks("InstanceNorm")), "group_norm")
    | dict.fromkeys(
        ("Dropout", *_ranks("Dropout"), "AlphaDropout", "FeatureAlphaDropout"), "dropout"
    )
    | dict.fromkeys(_ranks("MaxPool", "AdaptiveMaxPool", "LPPool"), "max_pool")
    | dict.fromkeys(("FractionalMaxPool2d", "FractionalMaxPool3d"), "max_pool")
    | dict.fromkeys(_ranks("AvgPool", "AdaptiveAvgPool"), "average_pool")
    | {"Flatten": "flatten", "Unflatten": "reshape"}
    | dict.fromkeys(("Embedding", "EmbeddingBag"), "embedding")
    | dict.fromkeys(("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"), "recurrent")
    | dict.fromkeys(("MultiheadAttention", "Transformer"), "attention")
    | dict.fromkeys(("TransformerEncoder", "TransformerDecoder"), "attention")
    | dict.fromkeys(("TransformerEncoderLayer", "TransformerDecoderLayer"), "attention")
    | dict.fromkeys(("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"), "upsample")
    | dict.fromkeys(("PixelShuffle", *_ranks("MaxUnpool")), "upsample")
)

CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict", "DataParallel"})
TRANSPARENT_MODULES = frozenset({"Identity"})

FUNCTION_OPS: dict[str, str] = (
    dict.fromkeys(FUNCTION_ACTIVATIONS, "activation")
    | dict.fromkeys(("linear", "bilinear"), "dense")
    | dict.fromkeys(_ranks("conv"), "conv")
    | dict.fromkeys(_ranks("conv_transpose"), "conv_transpose")
    | dict.fromkeys(("batch_norm",), "batch_norm")
    | dict.fromkeys(("layer_norm", "rms_norm"), "layer_norm")
    | dict.fromkeys(("group_norm", "instance_norm"), "group_norm")
    | dict.fromkeys(("dropout", *_ranks("dropout"), "alpha_dropout"), "dropout")
    | dict.fromkeys(("feature_dropout", "feature_alpha_dropout"), "dropout")
    | dict.fromkeys(_ranks("max_pool", "adaptive_max_pool", "lp_pool"), "max_pool")
    | dict.fromkeys((name + "_with_indices" for name in _ranks("max_pool")), "max_pool")
    | dict.fromkeys(_ranks("avg_pool", "adaptive_avg_pool"), "average_pool")
    | dict.fromkeys(("flatten", "ravel"), "flatten")
    | dict.fromkeys(("view", "reshape", "permute", "transpose", "swapaxes"), "reshape")
    | dict.fromkeys(("movedim", "squeeze", "unsqueeze", "unflatten"), "reshape")
    | dict.fromkeys(("embedding", "embedding_bag"), "embedding")
    | dict.fromkeys(("scaled_dot_product_attention", "multi_head_attention_forward"), "attention")
    | dict.fromkeys(("interpolate", "upsample", "pixel_shuffle"), "upsample")
    | dict.fromkeys(("add", "sub", "mul", "cat", "concat", "concatenate", "stack"), "merge")
    | dict.fromkeys(("matmul", "bmm", "mm", "einsum", "addmm"), "other")
    | dict.fromkeys(("log", "exp", "sin", "cos", "pow", "sqrt", "clamp"), "other")
    | dict.fromkeys(("mean", "amax", "max", "sum"), "reduction")
)
"""A "reduction" is a layer only where it pools all positions, and a "merge" only of two layers."""

_DUNDERS = {
    "__add__": "add",
    "__radd__": "add",
    "__iadd__": "add",
    "__mul__": "mul",
    "__rmul__": "mul",
    "__imul__": "mul",
    "__sub__": "sub",
    "__rsub__": "sub",
    "__isub__": "sub",
    "__matmul__": "matmul",
    "__rmatmul__": "matmul",
    "__pow__": "pow",
}

_LOSS_MODULES = {
    "CrossEntropyLoss": "cross_entropy",
    "BCELoss": "bce",
    "BCEWithLogitsLoss": "bce_with_logits",
    "NLLLoss": "nll",
    "NLLLoss2d": "nll",
    "MSELoss": "mse",
    "L1Loss": "l1",
    "SmoothL1Loss": "smooth_l1",
    "HuberLoss": "huber",
    "KLDivLoss": "kl_div",
    "HingeEmbeddingLoss": "hinge_embedding",
    "SoftMarginLoss": "soft_margin",
    "MultiMarginLoss": "multi_margin",
    "MultiLabelMarginLoss": "multilabel_margin",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin",
    "MarginRankingLoss": "margin_ranking",
    "CosineEmbeddingLoss": "cosine_embedding",
    "TripletMarginLoss": "triplet_margin",
    "TripletMarginWithDistanceLoss": "triplet_margin",
    "CTCLoss": "ctc",
    "PoissonNLLLoss": "poisson_nll",
    "GaussianNLLLoss": "gaussian_nll",
    "AdaptiveLogSoftmaxWithLoss": "adaptive_log_softmax",
}
LOSS_MODULES = _LOSS_MODULES

LOSS_FUNCTIONS = {
    "cross_entropy": "cross_entropy",
    "binary_cross_entropy": "bce",
    "binary_cross_entropy_with_logits": "bce_with_logits",
    "nll_loss": "nll",
    "mse_loss": "mse",
    "l1_loss": "l1",
    "smooth_l1_loss": "smooth_l1",
    "huber_loss": "huber",
    "kl_div": "kl_div",
    "hinge_embedding_loss": "hinge_embedding",
    "soft_margin_loss": "soft_margin",
    "multi_margin_loss": "multi_margin",
    "multilabel_margin_loss": "multilabel_margin",
    "multilabel_soft_margin_loss": "multilabel_soft_margin",
    "margin_ranking_loss": "margin_ranking",
    "cosine_embedding_loss": "cosine_embedding",
    "triplet_margin_loss": "triplet_margin",
    "ctc_loss": "ctc",
    "poisson_nll_loss": "poisson_nll",
    "gaussian_nll_loss": "gaussian_nll",
}

CLASS_AXIS_LOSSES = frozenset({"cross_entropy", "nll"})
"""Losses whose classes lie on axis 1, whatever follows."""


def function_name(function: object) -> str:
    """The plain name of a PyTorch function or method: "relu" for relu_, "add" for __iadd__."""
    name = getattr(function, "__name__", "")
    if name.startswith("__"):
        return _DUNDERS.get(name, "")
    return name.rstrip("_")
