"""Keras' layers: what each does and the order of its positional arguments."""

from __future__ import annotations

from analyzer.observed import Op

Entry = tuple[Op, tuple[str, ...]]

_CONV = (
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "data_format",
    "dilation_rate",
    "groups",
    "activation",
    "use_bias",
    "kernel_initializer",
)
_TRANSPOSE = (
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "data_format",
    "dilation_rate",
    "activation",
    "use_bias",
    "kernel_initializer",
)
_DEPTHWISE = (
    "kernel_size",
    "strides",
    "padding",
    "depth_multiplier",
    "data_format",
    "dilation_rate",
    "activation",
)
_POOL = ("pool_size", "strides", "padding", "data_format")
_RECURRENT = ("units", "activation", "recurrent_activation", "use_bias", "kernel_initializer")
_OLD_CONV = ("filters", "nb_row", "nb_col", "kernel_initializer", "activation")


def _dims(name: str, entry: Entry, dims: str = "123") -> dict[str, Entry]:
    return {f"{name}{dim}D": entry for dim in dims}


KERAS_LAYERS: dict[str, Entry] = {
    "Input": ("input", ("shape",)),
    "InputLayer": ("input", ("shape",)),
    "Dense": ("dense", ("units", "activation", "use_bias", "kernel_initializer")),
    "EinsumDense": ("dense", ("equation", "output_shape", "activation")),
    **_dims("Conv", ("conv", _CONV)),
    **_dims("SeparableConv", ("conv", _CONV), "12"),
    **_dims("LocallyConnected", ("conv", _CONV), "12"),
    **_dims("AtrousConvolution", ("conv", _OLD_CONV), "12"),
    "Convolution1D": ("conv", ("filters", "kernel_size", "kernel_initializer", "activation")),
    "Convolution2D": ("conv", _OLD_CONV),
    "Convolution3D": ("conv", _CONV),
    **_dims("DepthwiseConv", ("depthwise_conv", _DEPTHWISE), "12"),
    **_dims("Conv", ("conv", _CONV)),
    **{f"Conv{dim}DTranspose": ("conv_transpose", _TRANSPOSE) for dim in "123"},
    "Deconvolution2D": ("conv_transpose", _TRANSPOSE),
    **_dims("MaxPooling", ("max_pool", _POOL)),
    **_dims("MaxPool", ("max_pool", _POOL)),
    **_dims("AveragePooling", ("average_pool", _POOL)),
    **_dims("AvgPool", ("average_pool", _POOL)),
    **_dims("GlobalMaxPooling", ("global_pool", ())),
    **_dims("GlobalMaxPool", ("global_pool", ())),
    **_dims("GlobalAveragePooling", ("global_pool", ())),
    **_dims("GlobalAvgPool", ("global_pool", ())),
    "Flatten": ("flatten", ("data_format",)),
    "Reshape": ("reshape", ("target_shape",)),
    "Permute": ("reshape", ("dims",)),
    "RepeatVector": ("reshape", ("n",)),
    **_dims("Cropping", ("reshape", ())),
    **_dims("ZeroPadding", ("other", ("padding",))),
    "Dropout": ("dropout", ("rate",)),
    "AlphaDropout": ("dropout", ("rate",)),
    "GaussianDropout": ("dropout", ("rate",)),
    **_dims("SpatialDropout", ("dropout", ("rate",))),
    "GaussianNoise": ("augment", ("stddev",)),
    "BatchNormalization": ("batch_norm", ("axis", "momentum", "epsilon")),
    "SyncBatchNormalization": ("batch_norm", ("axis", "momentum", "epsilon")),
    "LayerNormalization": ("layer_norm", ("axis", "epsilon")),
    "RMSNormalization": ("layer_norm", ("axis", "epsilon")),
    "UnitNormalization": ("layer_norm", ("axis",)),
    "GroupNormalization": ("group_norm", ("groups", "axis")),
    "SpectralNormalization": ("other", ("layer",)),
    "Activation": ("activation", ("activation",)),
    "ReLU": ("activation", ("max_value",)),
    "LeakyReLU": ("activation", ("negative_slope",)),
    "PReLU": ("activation", ("alpha_initializer",)),
    "ELU": ("activation", ("alpha",)),
    "ThresholdedReLU": ("activation", ("theta",)),
    "Softmax": ("activation", ("axis",)),
    "Embedding": ("embedding", ("input_dim", "output_dim")),
    "LSTM": ("recurrent", _RECURRENT),
    "GRU": ("recurrent", _RECURRENT),
    "SimpleRNN": ("recurrent", _RECURRENT),
    "CuDNNLSTM": ("recurrent", _RECURRENT),
    "CuDNNGRU": ("recurrent", _RECURRENT),
    "RNN": ("recurrent", ("cell",)),
    **{f"ConvLSTM{dim}D": ("recurrent", ("filters", "kernel_size", "strides")) for dim in "123"},
    "Bidirectional": ("recurrent", ("layer", "merge_mode")),
    "TimeDistributed": ("other", ("layer",)),
    "MultiHeadAttention": ("attention", ("num_heads", "key_dim")),
    "GroupQueryAttention": ("attention", ("head_dim", "num_query_heads")),
    "Attention": ("attention", ()),
    "AdditiveAttention": ("attention", ()),
    **_dims("UpSampling", ("upsample", ("size",))),
    **dict.fromkeys(
        (
            "Add",
            "Concatenate",
            "Multiply",
            "Average",
            "Maximum",
            "Minimum",
            "Subtract",
            "Dot",
            "Merge",
        ),
        ("merge", ()),
    ),
    "Rescaling": ("rescale", ("scale", "offset")),
    "Normalization": ("rescale", ("axis", "mean", "variance")),
    **{
        f"Random{name}": ("augment", ())
        for name in (
            "Flip",
            "Rotation",
            "Zoom",
            "Contrast",
            "Translation",
            "Crop",
            "Brightness",
            "Height",
            "Width",
            "Hue",
            "Saturation",
        )
    },
    "Resizing": ("other", ("height", "width")),
    "CenterCrop": ("other", ("height", "width")),
    "TextVectorization": ("other", ("max_tokens",)),
    "StringLookup": ("other", ()),
    "IntegerLookup": ("other", ()),
    "CategoryEncoding": ("other", ("num_tokens",)),
    "Discretization": ("other", ()),
    "Hashing": ("other", ("num_bins",)),
    "Lambda": ("other", ("function",)),
    "Masking": ("other", ("mask_value",)),
    "ActivityRegularization": ("other", ()),
    "Identity": ("other", ()),
    "Highway": ("dense", ()),
    "MaxoutDense": ("dense", ("units",)),
}
"""Name of the class -> (what it does, names of its positional arguments)."""

KERAS_MERGES = frozenset(
    {"add", "concatenate", "multiply", "average", "maximum", "minimum", "subtract", "dot", "merge"}
)

OLD_ARGUMENTS: dict[str, str] = {
    "output_dim": "units",
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "init": "kernel_initializer",
    "subsample": "strides",
    "subsample_length": "strides",
    "stride": "strides",
    "pool_length": "pool_size",
    "border_mode": "padding",
    "bias": "use_bias",
    "p": "rate",
    "ratio": "rate",
    "inner_activation": "recurrent_activation",
    "input_dtype": "dtype",
    "batch_input_shape": "batch_shape",
}
"""Keras 1's spelling of an argument -> today's."""
