"""How a Keras model is trained, as the JSON form of `observed.Learner`.

Read from the arguments of compile and fit and from the objects that Keras made of them; places
come from the source text of those calls.
"""

from __future__ import annotations

import math
from typing import Any

from .keras_names import snake
from .keras_session import Session
from .keras_source import SourceCalls
from .keras_state import trainable_of

Site = dict[str, Any] | None
FRAMEWORKS = frozenset({"keras", "tf_keras", "tensorflow"})
TAKES_LOGITS = frozenset(
    {"binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"}
    | {"binary_focal_crossentropy", "categorical_focal_crossentropy"}
)
ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "huber_loss": "huber",
}
RATE_NAMES = ("learning_rate", "lr")
SCHEDULING_CALLBACKS = ("LearningRateScheduler", "ReduceLROnPlateau")


def flatten(value: Any) -> list[Any]:
    """The leaves of nested lists, tuples and dicts, without None."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in flatten(item)]
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in flatten(item)]
    return [] if value is None else [value]


class LearnerReader:
    """Reads losses, optimizers and metrics of compiled models.

    Attributes:
        calls: finds arguments in the user's source.
    """

    def __init__(self, session: Session, calls: SourceCalls) -> None:
        self.session = session
        self.calls = calls

    def read(self, model: Any) -> dict[str, Any]:
        """What compile set up: losses, optimizers, metrics and their places."""
        compiled = self.session.compiled.get(model, {})
        site: Site = compiled.get("site")
        arguments = compiled.get("arguments", {})
        at = self._argument(compiled, "loss") or site
        optimizer = getattr(model, "optimizer", None)
        optimizers = [] if optimizer is None else [self.optimizer(optimizer, compiled, model)]
        metrics = flatten([arguments.get("metrics"), arguments.get("weighted_metrics")])
        return {
            "losses": [self.loss(given, at) for given in flatten(arguments.get("loss"))][:16],
            "optimizers": optimizers,
            "metrics": [metric_name(metric) for metric in metrics][:32],
            "metrics_site": self._argument(compiled, "metrics"),
            "compile_site": site,
            "origin": "run",
        }

    def loss(self, given: Any, site: Site) -> dict[str, Any]:
        """One LossUse of a loss given as text, function or object."""
        name, custom = loss_name(given)
        options = dict(
            getattr(given, "_fn_kwargs", None) or getattr(given, "fn_kwargs", None) or {}
        )
        logits = options.get("from_logits", getattr(given, "from_logits", None))
        if logits is None and name in TAKES_LOGITS and not custom:
            logits = False
        reduction = getattr(given, "reduction", None)
        return {
            "name": name,
            "custom": custom,
            "from_logits": logits if isinstance(logits, bool) else None,
            "reduction": reduction if isinstance(reduction, str) else None,
            "label_smoothing": _number(options.get("label_smoothing")),
            "site": _made_at(self.session, given) or site,
        }

    def _argument(self, compiled: dict[str, Any], name: str) -> Site:
        """Where an argument of the compile call is written; frameworks order them differently."""
        order = compiled.get("order", [])
        position = order.index(name) if name in order else None
        return self.calls.argument(compiled.get("site"), (name,), position)

    def optimizer(self, optimizer: Any, compiled: dict[str, Any], model: Any) -> dict[str, Any]:
        """One OptimizerUse; a wrapper that only scales the loss is looked through."""
        inner = getattr(optimizer, "inner_optimizer", None) or optimizer
        made = self.session.sites.get(inner)
        at = self._argument(compiled, "optimizer")
        compile_site: Site = compiled.get("site")
        if made == compile_site:
            made = None  # compile made it from a text
        rate, scheduled = learning_rate(inner)
        return {
            "name": type(inner).__name__.lower(),
            "learning_rate": rate,
            "momentum": _number(getattr(inner, "momentum", None)),
            "weight_decay": _number(getattr(inner, "weight_decay", None)),
            "clip_norm": _number(getattr(inner, "clipnorm", None)),
            "global_clip_norm": _number(getattr(inner, "global_clipnorm", None)),
            "scheduled": scheduled,
            "site": made or at or compile_site,
            "learning_rate_site": self.calls.argument(made, RATE_NAMES, 0),
            "parameters": len(trainable_of(model)),
        }


def _made_at(session: Session, given: Any) -> Site:
    """Where a loss object was constructed; texts and functions are not constructed."""
    if isinstance(given, str) or not hasattr(type(given), "call"):
        return None
    return session.sites.get(given)


def loss_name(given: Any) -> tuple[str, bool]:
    """Canonical name of a loss and whether it is the program's own."""
    if isinstance(given, str):
        name = snake(given).lower()
        return ALIASES.get(name, name), False
    function = getattr(given, "fn", None)
    wrapper = type(given).__name__ in ("LossFunctionWrapper", "MeanMetricWrapper")
    named = function if wrapper and function is not None else given
    is_object = not hasattr(named, "__name__")
    module = str(type(named).__module__ if is_object else getattr(named, "__module__", ""))
    name = snake(type(named).__name__ if is_object else named.__name__).strip("<>")
    custom = module.partition(".")[0] not in FRAMEWORKS
    return (name if custom else ALIASES.get(name, name)), custom


def metric_name(metric: Any) -> str:
    """The name of a metric given as text, function or object."""
    if isinstance(metric, str):
        return metric
    name = getattr(metric, "name", None) or getattr(metric, "__name__", None)
    return str(name or type(metric).__name__)[:300]


def learning_rate(optimizer: Any) -> tuple[float | None, bool]:
    """The rate at the first step, and whether a schedule changes it."""
    given = getattr(optimizer, "_learning_rate", None)
    if given is None and hasattr(optimizer, "_hyper"):
        given = optimizer._hyper.get("learning_rate")
    decay = _number(getattr(optimizer, "decay", None)) or 0.0
    if callable(given) and not hasattr(given, "numpy"):
        return _number(given(0) if hasattr(given, "get_config") else given()), True
    rate = given if given is not None else getattr(optimizer, "learning_rate", None)
    return _number(rate), decay > 0


def _number(value: Any) -> float | None:
    """The value as a finite float: numbers, variables and eager tensors have one."""
    if hasattr(value, "numpy"):
        value = value.numpy()
    try:
        converted = float(value)
    except (TypeError, ValueError):
        return None
    return converted if math.isfinite(converted) else None


def changes_rate(callbacks: Any) -> bool:
    """Whether one of these callbacks changes the learning rate."""
    names = [base.__name__ for callback in flatten(callbacks) for base in type(callback).__mro__]
    return any(name in SCHEDULING_CALLBACKS for name in names)
