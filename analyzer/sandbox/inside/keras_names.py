"""What the layers and functions of Keras do: their names as words common to all frameworks."""

from __future__ import annotations

import re
from typing import Any

OPS = {
    "InputLayer": "input",
    "Dense": "dense",
    "EinsumDense": "dense",
    "Activation": "activation",
    "ReLU": "activation",
    "LeakyReLU": "activation",
    "PReLU": "activation",
    "ELU": "activation",
    "ThresholdedReLU": "activation",
    "Softmax": "activation",
    "BatchNormalization": "batch_norm",
    "LayerNormalization": "layer_norm",
    "RMSNormalization": "layer_norm",
    "GroupNormalization": "group_norm",
    "Flatten": "flatten",
    "Reshape": "reshape",
    "Permute": "reshape",
    "RepeatVector": "reshape",
    "Transpose": "reshape",
    "Squeeze": "reshape",
    "ExpandDims": "reshape",
    "Embedding": "embedding",
    "RNN": "recurrent",
    "SimpleRNN": "recurrent",
    "LSTM": "recurrent",
    "GRU": "recurrent",
    "CuDNNLSTM": "recurrent",
    "CuDNNGRU": "recurrent",
    "Bidirectional": "recurrent",
    "Attention": "attention",
    "AdditiveAttention": "attention",
    "MultiHeadAttention": "attention",
    "GroupedQueryAttention": "attention",
    "Add": "merge",
    "Subtract": "merge",
    "Multiply": "merge",
    "Average": "merge",
    "Maximum": "merge",
    "Minimum": "merge",
    "Concatenate": "merge",
    "Dot": "merge",
    "Rescaling": "rescale",
    "Normalization": "rescale",
    "Functional": "model",
    "Sequential": "model",
    "Model": "model",
}
OP_PATTERNS = (
    (r"^Conv(LSTM)\dD$", "recurrent"),
    (r"^Depthwise_?[Cc]onv", "depthwise_conv"),
    (r"^Conv\dDTranspose$|^Convolution\dDTranspose$", "conv_transpose"),
    (r"^(Separable)?Conv(olution)?\dD$", "conv"),
    (r"Dropout(\dD)?$", "dropout"),
    (r"^Global.*Pool", "global_pool"),
    (r"^MaxPool", "max_pool"),
    (r"^(Average|Avg)Pool", "average_pool"),
    (r"^UpSampling", "upsample"),
    (r"^Random|^(AutoContrast|RandAugment|MixUp|CutMix|AugMix)$", "augment"),
)
FUNCTIONS = {
    "max_pool": "max_pool",
    "average_pool": "average_pool",
    "add": "merge",
    "__operators__.add": "merge",
    "subtract": "merge",
    "multiply": "merge",
    "concat": "merge",
    "concatenate": "merge",
    "reshape": "reshape",
    "transpose": "reshape",
    "flatten": "flatten",
    "dropout": "dropout",
}
ACTIVATIONS = frozenset(
    {"relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish", "mish"}
    | {"softplus", "softsign", "softmax", "log_softmax", "sigmoid", "hard_sigmoid", "hard_silu"}
    | {"log_sigmoid", "tanh", "exponential", "glu", "prelu"}
)
OWN_PACKAGES = ("keras", "tf_keras", "tensorflow")


def snake(name: str) -> str:
    """ "LeakyReLU" → "leaky_relu", "GlorotUniform" → "glorot_uniform"."""
    name = name.replace("ReLU", "Relu").replace("ELU", "Elu")
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


def framework_class(layer: Any) -> str:
    """The name of the layer's nearest class that belongs to Keras itself."""
    for base in type(layer).__mro__:
        if base.__module__.partition(".")[0] in OWN_PACKAGES:
            return base.__name__
    return type(layer).__name__


def operation(layer: Any) -> str:
    """What the layer does, as an `observed.Op`."""
    name = framework_class(layer)
    if name == "TimeDistributed":
        return operation(layer.layer)
    if name in OPS:
        return OPS[name]
    for pattern, op in OP_PATTERNS:
        if re.search(pattern, name):
            return op
    function = function_name(layer, name)
    return "activation" if function in ACTIVATIONS else FUNCTIONS.get(function, "other")


def function_name(layer: Any, name: str) -> str:
    """The function behind an operation: "Relu" → "relu", TFOpLambda "tf.nn.relu" → "relu"."""
    if name.endswith("OpLambda"):
        symbol = str(getattr(layer, "symbol", None) or layer.name)
        return symbol.removeprefix("tf.").removeprefix("nn.").removeprefix("math.")
    return snake(name)
