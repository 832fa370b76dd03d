"""PyTorch's modules and the functions and tensor methods that do the same."""

from __future__ import annotations

from analyzer.observed import Op

Entry = tuple[Op, tuple[str, ...]]

_CONV = (
    "in_channels",
    "out_channels",
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "groups",
    "bias",
)
_TRANSPOSE = (
    "in_channels",
    "out_channels",
    "kernel_size",
    "stride",
    "padding",
    "output_padding",
    "groups",
    "bias",
    "dilation",
)
_POOL = ("kernel_size", "stride", "padding", "dilation")
_RNN = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout")


def _dims(name: str, entry: Entry) -> dict[str, Entry]:
    return {f"{name}{dim}d": entry for dim in (1, 2, 3)}


TORCH_LAYERS: dict[str, Entry] = {
    "Linear": ("dense", ("in_features", "out_features", "bias")),
    "LazyLinear": ("dense", ("out_features", "bias")),
    "Bilinear": ("dense", ("in1_features", "in2_features", "out_features")),
    **_dims("Conv", ("conv", _CONV)),
    **_dims("LazyConv", ("conv", _CONV[1:])),
    **_dims("ConvTranspose", ("conv_transpose", _TRANSPOSE)),
    **_dims("MaxPool", ("max_pool", _POOL)),
    **_dims("AvgPool", ("average_pool", _POOL)),
    **_dims("LPPool", ("average_pool", ("norm_type", "kernel_size", "stride"))),
    **_dims("AdaptiveAvgPool", ("global_pool", ("output_size",))),
    **_dims("AdaptiveMaxPool", ("global_pool", ("output_size",))),
    **_dims("BatchNorm", ("batch_norm", ("num_features", "eps", "momentum"))),
    **_dims("LazyBatchNorm", ("batch_norm", ("eps", "momentum"))),
    "SyncBatchNorm": ("batch_norm", ("num_features", "eps", "momentum")),
    **_dims("InstanceNorm", ("group_norm", ("num_features", "eps"))),
    "LayerNorm": ("layer_norm", ("normalized_shape", "eps")),
    "RMSNorm": ("layer_norm", ("normalized_shape", "eps")),
    "GroupNorm": ("group_norm", ("num_groups", "num_channels", "eps")),
    "LocalResponseNorm": ("other", ("size",)),
    "Dropout": ("dropout", ("p", "inplace")),
    **_dims("Dropout", ("dropout", ("p", "inplace"))),
    "AlphaDropout": ("dropout", ("p", "inplace")),
    "FeatureAlphaDropout": ("dropout", ("p", "inplace")),
    "Flatten": ("flatten", ("start_dim", "end_dim")),
    "Unflatten": ("reshape", ("dim", "unflattened_size")),
    "Embedding": ("embedding", ("num_embeddings", "embedding_dim")),
    "EmbeddingBag": ("embedding", ("num_embeddings", "embedding_dim")),
    "LSTM": ("recurrent", _RNN),
    "GRU": ("recurrent", _RNN),
    "RNN": ("recurrent", _RNN),
    "LSTMCell": ("recurrent", ("input_size", "hidden_size")),
    "GRUCell": ("recurrent", ("input_size", "hidden_size")),
    "RNNCell": ("recurrent", ("input_size", "hidden_size")),
    "MultiheadAttention": ("attention", ("embed_dim", "num_heads", "dropout")),
    "Transformer": ("attention", ("d_model", "nhead")),
    "TransformerEncoder": ("attention", ("encoder_layer", "num_layers")),
    "TransformerEncoderLayer": ("attention", ("d_model", "nhead")),
    "TransformerDecoder": ("attention", ("decoder_layer", "num_layers")),
    "TransformerDecoderLayer": ("attention", ("d_model", "nhead")),
    "Upsample": ("upsample", ("size", "scale_factor")),
    "UpsamplingBilinear2d": ("upsample", ("size", "scale_factor")),
    "UpsamplingNearest2d": ("upsample", ("size", "scale_factor")),
    "PixelShuffle": ("upsample", ("upscale_factor",)),
    "Identity": ("other", ()),
    "ZeroPad2d": ("other", ("padding",)),
    "ReflectionPad2d": ("other", ("padding",)),
    "ConstantPad2d": ("other", ("padding", "value")),
    "Softmax": ("activation", ("dim",)),
    "LogSoftmax": ("activation", ("dim",)),
    "Softmin": ("activation", ("dim",)),
    "Softmax2d": ("activation", ()),
    **dict.fromkeys(
        (
            "ReLU",
            "ReLU6",
            "LeakyReLU",
            "PReLU",
            "RReLU",
            "ELU",
            "SELU",
            "CELU",
            "GELU",
            "SiLU",
            "Mish",
            "Softplus",
            "Softsign",
            "Sigmoid",
            "LogSigmoid",
            "Hardsigmoid",
            "Hardswish",
            "Hardtanh",
            "Tanh",
            "Threshold",
            "GLU",
            "Softshrink",
            "Hardshrink",
            "Tanhshrink",
        ),
        ("activation", ()),
    ),
}
"""Name of the module -> (what it does, names of its positional arguments)."""

FUNCTIONS: dict[str, Entry] = {
    **{f"max_pool{d}d": ("max_pool", ("input", *_POOL)) for d in (1, 2, 3)},
    **{f"avg_pool{d}d": ("average_pool", ("input", *_POOL)) for d in (1, 2, 3)},
    **{f"adaptive_avg_pool{d}d": ("global_pool", ("input", "output_size")) for d in (1, 2, 3)},
    **{f"adaptive_max_pool{d}d": ("global_pool", ("input", "output_size")) for d in (1, 2, 3)},
    **{f"conv{d}d": ("conv", ("input", "weight", "bias", "stride", "padding")) for d in (1, 2, 3)},
    "linear": ("dense", ("input", "weight", "bias")),
    "dropout": ("dropout", ("input", "p", "training")),
    **{f"dropout{d}d": ("dropout", ("input", "p", "training")) for d in (1, 2, 3)},
    "alpha_dropout": ("dropout", ("input", "p", "training")),
    "batch_norm": ("batch_norm", ("input",)),
    "layer_norm": ("layer_norm", ("input",)),
    "group_norm": ("group_norm", ("input",)),
    "interpolate": ("upsample", ("input", "size", "scale_factor")),
    "upsample": ("upsample", ("input", "size", "scale_factor")),
    "pixel_shuffle": ("upsample", ("input", "upscale_factor")),
    "embedding": ("embedding", ("input", "weight")),
    "scaled_dot_product_attention": ("attention", ("query", "key", "value")),
    "flatten": ("flatten", ("input", "start_dim", "end_dim")),
    "reshape": ("reshape", ("input", "shape")),
    "cat": ("merge", ("tensors", "dim")),
    "concat": ("merge", ("tensors", "dim")),
    "concatenate": ("merge", ("tensors", "dim")),
    "stack": ("merge", ("tensors", "dim")),
    "max_pool": ("max_pool", ("input", "ksize", "strides", "padding")),
    "avg_pool": ("average_pool", ("input", "ksize", "strides", "padding")),
    "softmax": ("activation", ("input", "dim")),
    "log_softmax": ("activation", ("input", "dim")),
    "softmin": ("activation", ("input", "dim")),
}
"""Functions of torch, torch.nn.functional and tensorflow.nn; the tensor is their first argument."""

FUNCTION_MODULES = frozenset(
    {
        "torch",
        "torch.nn.functional",
        "torch.special",
        "tensorflow",
        "tensorflow.nn",
        "tensorflow.math",
        "keras.activations",
        "keras.ops",
        "keras.backend",
        "keras.layers",
    }
)

SHAPE_METHODS = frozenset({"view", "reshape", "flatten"})
"""Tensor methods that are layers of the graph; the rest pass the tensor on."""
