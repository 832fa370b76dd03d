"""TensorFlow 1's optimizers under Keras: `model.compile(tf.train.GradientDescentOptimizer(0.1))`.

Keras 2 wrapped them, Keras 3 refuses them. The Keras optimizer of the same rule takes their place.
"""

from __future__ import annotations

from typing import Any

from .compat_calls import Extra
from .compat_record import Uses

# Class of TensorFlow 1: class of Keras, and where the old one keeps what the new one is told.
_SUCCESSORS: dict[str, tuple[str, dict[str, str]]] = {
    "GradientDescentOptimizer": ("SGD", {"learning_rate": "_learning_rate"}),
    "MomentumOptimizer": (
        "SGD",
        {"learning_rate": "_learning_rate", "momentum": "_momentum", "nesterov": "_use_nesterov"},
    ),
    "AdamOptimizer": (
        "Adam",
        {"learning_rate": "_lr", "beta_1": "_beta1", "beta_2": "_beta2", "epsilon": "_epsilon"},
    ),
    "RMSPropOptimizer": (
        "RMSprop",
        {
            "learning_rate": "_learning_rate",
            "rho": "_decay",
            "momentum": "_momentum",
            "epsilon": "_epsilon",
        },
    ),
    "AdagradOptimizer": (
        "Adagrad",
        {
            "learning_rate": "_learning_rate",
            "initial_accumulator_value": "_initial_accumulator_value",
        },
    ),
    "AdadeltaOptimizer": (
        "Adadelta",
        {"learning_rate": "_lr", "rho": "_rho", "epsilon": "_epsilon"},
    ),
    "FtrlOptimizer": ("Ftrl", {"learning_rate": "_learning_rate"}),
}


def todays_optimizer(keras: Any, uses: Uses) -> Extra | None:
    """A change of the arguments of compile; none is needed where Keras 2 does it itself."""
    if keras.__version__.startswith("2"):
        return None

    def change(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if "optimizer" in keywords:
            return arguments, {**keywords, "optimizer": _of_today(keywords["optimizer"])}
        if len(arguments) > 1:
            return (arguments[0], _of_today(arguments[1]), *arguments[2:]), keywords
        return arguments, keywords

    def _of_today(optimizer: Any) -> Any:
        name = type(optimizer).__name__
        if not type(optimizer).__module__.startswith("tensorflow.") or name not in _SUCCESSORS:
            return optimizer
        new, told = _SUCCESSORS[name]
        given = {keyword: getattr(optimizer, place, None) for keyword, place in told.items()}
        numbers = {k: v for k, v in given.items() if isinstance(v, int | float)}
        uses.record(f"compile(tf.train.{name})", f"keras.optimizers.{new}", "Keras 3")
        return getattr(keras.optimizers, new)(**numbers)

    return change
