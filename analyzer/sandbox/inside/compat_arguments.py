"""Renamed and dropped arguments of Keras and scikit-learn callables, as tables.

A rename maps an old keyword to today's; `DROPPED` means that today's callable has no such
argument. Two old keywords that make one new one (`nb_row`, `nb_col`) are in `PAIRS`.
"""

from __future__ import annotations

DROPPED = ""

# Keras 1 keywords that mean the same in every layer.
EVERY_LAYER: dict[str, str] = {
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "forget_bias_init": DROPPED,
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "U_constraint": "recurrent_constraint",
    "border_mode": "padding",
    "subsample": "strides",
    "nb_filter": "filters",
    "bias": "use_bias",
    "inner_activation": "recurrent_activation",
    "dim_ordering": "data_format",
    "batch_input_shape": "batch_shape",
    "weights": DROPPED,
    "consume_less": DROPPED,
    "implementation": DROPPED,
    "input_dtype": DROPPED,
    "time_major": DROPPED,
}

LAYERS: dict[str, dict[str, str]] = {
    **{name: {"output_dim": "units"} for name in ("Dense", "LSTM", "GRU", "SimpleRNN")},
    "Dropout": {"p": "rate"},
    "SpatialDropout1D": {"p": "rate"},
    "SpatialDropout2D": {"p": "rate"},
    "GaussianDropout": {"p": "rate"},
    "GaussianNoise": {"sigma": "stddev"},
    "AlphaDropout": {"p": "rate"},
    "Embedding": {"dropout": DROPPED, "input_length": DROPPED},
    "Conv1D": {"filter_length": "kernel_size", "subsample_length": "strides"},
    "Conv2D": {"atrous_rate": "dilation_rate"},
    "Conv2DTranspose": {"output_shape": DROPPED},
    "MaxPooling1D": {"pool_length": "pool_size", "stride": "strides"},
    "AveragePooling1D": {"pool_length": "pool_size", "stride": "strides"},
    "UpSampling1D": {"length": "size"},
    "RepeatVector": {},
    "LeakyReLU": {"alpha": "negative_slope"},
    "PReLU": {"init": "alpha_initializer"},
    "ELU": {},
    "BatchNormalization": {
        "mode": DROPPED,
        "beta_init": "beta_initializer",
        "gamma_init": "gamma_initializer",
        "fused": DROPPED,
        "virtual_batch_size": DROPPED,
        "renorm": DROPPED,
        "renorm_clipping": DROPPED,
        "renorm_momentum": DROPPED,
    },
    "Input": {"ragged": DROPPED},
    "InputLayer": {"input_shape": "shape"},
    "Permute": {},
}

# Of these, what Keras 2 still takes through its **kwargs.
KEPT_BY_KERAS_TWO = frozenset(
    (
        *("batch_input_shape", "weights", "input_shape", "fused", "virtual_batch_size"),
        *("renorm", "renorm_clipping", "renorm_momentum", "input_dtype", "time_major"),
    )
)

# Two old keywords that form one tuple today.
PAIRS: dict[str, tuple[tuple[str, ...], str]] = {
    "Conv2D": (("nb_row", "nb_col"), "kernel_size"),
    "Conv2DTranspose": (("nb_row", "nb_col"), "kernel_size"),
    "SeparableConv2D": (("nb_row", "nb_col"), "kernel_size"),
    "Conv3D": (("kernel_dim1", "kernel_dim2", "kernel_dim3"), "kernel_size"),
}

# Old values of arguments that kept (or got) a name.
VALUES: dict[str, dict[str, str]] = {
    "data_format": {"tf": "channels_last", "th": "channels_first"},
    "kernel_initializer": {
        "normal": "random_normal",
        "uniform": "random_uniform",
        "zero": "zeros",
        "one": "ones",
    },
}

OPTIMIZERS: dict[str, str] = {
    "lr": "learning_rate",
    "epsilon_": "epsilon",
    "schedule_decay": DROPPED,
    "gradient_aggregator": DROPPED,
    "gradient_transformers": DROPPED,
}

FIT: dict[str, str] = {
    "nb_epoch": "epochs",
    "samples_per_epoch": "steps_per_epoch",
    "nb_val_samples": "validation_steps",
    "generator": "x",
    "nb_worker": DROPPED,
    "max_q_size": DROPPED,
    "pickle_safe": DROPPED,
    "workers": DROPPED,
    "use_multiprocessing": DROPPED,
    "max_queue_size": DROPPED,
    "show_accuracy": DROPPED,
}

EVALUATE: dict[str, str] = {
    "generator": "x",
    "val_samples": "steps",
    "show_accuracy": DROPPED,
    "workers": DROPPED,
    "use_multiprocessing": DROPPED,
    "max_queue_size": DROPPED,
}

COMPILE: dict[str, str] = {
    "class_mode": DROPPED,
    "options": DROPPED,
    "run_metadata": DROPPED,
    "sample_weight_mode": DROPPED,
    "target_tensors": DROPPED,
}

CALLBACKS: dict[str, dict[str, str]] = {
    "ModelCheckpoint": {"period": DROPPED, "load_weights_on_restart": DROPPED},
    "ReduceLROnPlateau": {"epsilon": "min_delta"},
    "TensorBoard": {
        "write_grads": DROPPED,
        "batch_size": DROPPED,
        "embeddings_layer_names": DROPPED,
        "embeddings_data": DROPPED,
    },
}

SKLEARN: dict[str, dict[str, str]] = {
    "sklearn.preprocessing:OneHotEncoder": {
        "categorical_features": DROPPED,
        "n_values": DROPPED,
        "sparse": "sparse_output",
    },
    "sklearn.model_selection:KFold": {"n_folds": "n_splits"},
    "sklearn.model_selection:StratifiedKFold": {"n_folds": "n_splits"},
    "sklearn.cluster:KMeans": {"n_jobs": DROPPED, "precompute_distances": DROPPED},
    "sklearn.linear_model:LogisticRegression": {"multi_class": DROPPED},
}
