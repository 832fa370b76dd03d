"""The words for faults; every rule, symptom and diagnosis names one of them."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "loss",
    "output_activation",
    "output_units",
    "hidden_activation",
    "learning_rate",
    "optimizer",
    "batch_size",
    "epochs",
    "initializer",
    "normalization",
    "label_encoding",
    "data_shape",
    "data_split",
    "data_size",
    "depth",
    "filters",
    "kernel_size",
    "neurons",
    "dense_layers",
    "pooling",
    "dropout",
    "batch_norm",
    "layer_type",
    "metric",
    "gradient_reset",
    "train_mode",
    "parameters",
    "numerics",
    "api",
    "framework",
    "performance",
]

Severity = Literal["error", "warning", "advice"]
Proof = Literal["contract", "experiment", "rule"]
Problem = Literal[
    "binary", "multiclass", "multilabel", "regression", "autoencoder", "sequence", "unknown"
]
Framework = Literal["keras", "tf.keras", "torch"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "advice")
