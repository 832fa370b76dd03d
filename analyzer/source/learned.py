"""One loss or optimizer as the program writes it -> `LossUse`, `OptimizerUse`."""

from __future__ import annotations

import math

from analyzer.observed import LossUse, OptimizerUse, Site
from analyzer.source.learning import TORCH_LOSSES, default_rate, keras_loss, optimizer_class
from analyzer.source.names import canonical
from analyzer.source.recording import CallSeen
from analyzer.source.values import (
    Class,
    Function,
    Given,
    Instance,
    Items,
    Known,
    LossValue,
    Named,
    Result,
    Table,
    Value,
    items_of,
)

_BATCHING = frozenset(
    {
        "flow",
        "flow_from_directory",
        "flow_from_dataframe",
        "image_dataset_from_directory",
        "text_dataset_from_directory",
        "batch",
    }
)


def constant(seen: CallSeen, given: Given | None) -> object:
    """The constant that an argument holds, None when it is no constant or not always the same."""
    if given is None or given.node in seen.disagreeing or not isinstance(given.value, Known):
        return None
    return given.value.value


def number(seen: CallSeen, given: Given | None) -> float | None:
    """The finite number that an argument holds."""
    return _finite(constant(seen, given))


def whole(seen: CallSeen, given: Given | None) -> int | None:
    """The whole number that an argument holds."""
    value = number(seen, given)
    return int(value) if value is not None and value == int(value) else None


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def _number_in(given: Given | None) -> float | None:
    value = given.value if given else None
    return _finite(value.value) if isinstance(value, Known) else None


def loss_uses(
    seen: CallSeen, given: Given | None, *, value: Value | None = None
) -> tuple[LossUse, ...]:
    """The losses that an argument (or a value) stands for."""
    held = given.value if given is not None else value
    site = seen.parsed.site(given.node) if given is not None else seen.site()
    if isinstance(held, LossValue):
        uses = [_loss_of_result(result, call) for result, call in held.losses]
        return tuple(use for use in uses if use)[:16]
    if isinstance(held, Items):
        uses = [_one_loss(item, site, "") for item in held.items]
    elif isinstance(held, Table):
        uses = [_one_loss(item, site, "") for item in held.items.values()]
    elif isinstance(held, Known) and isinstance(held.value, (list, tuple)):
        uses = [_one_loss(Known(item), site, "") for item in held.value]
    elif held is None:
        uses = []
    else:
        uses = [_one_loss(held, site, seen.parsed.text(given.node) if given else "")]
    return tuple(use for use in uses if use is not None)[:16]


def _one_loss(value: Value, site: Site, text: str) -> LossUse | None:
    match value:
        case Known(value=str() as spelling):
            name = keras_loss(spelling)
            return LossUse(name=name or spelling[:300] or "?", custom=name is None, site=site)
        case Named(dotted=dotted):
            name = _canonical_loss(canonical(dotted))
            own = dotted.rsplit(".", 1)[-1]
            return LossUse(name=(name or own)[:300], custom=name is None, site=site)
        case Result():
            return _loss_of_result(value, None, site)
        case Function(qualified=qualified) | Class(qualified=qualified):
            return LossUse(name=qualified.rsplit(".", 1)[-1][:300], custom=True, site=site)
        case Instance(cls=cls) if cls is not None:
            return LossUse(name=cls.qualified[:300], custom=True, site=site)
    plain = text.replace(".", "").replace("_", "")
    if plain.isidentifier() and not isinstance(value, Known):
        return LossUse(name=text.rsplit(".", 1)[-1][:300], custom=True, site=site)
    return None


def _canonical_loss(callee: str) -> str | None:
    module, _, name = callee.rpartition(".")
    if module.startswith("torch.nn"):
        return TORCH_LOSSES.get(name)
    if module == "tensorflow.nn":
        return {
            "sparse_softmax_cross_entropy_with_logits": "sparse_categorical_crossentropy",
            "softmax_cross_entropy_with_logits": "categorical_crossentropy",
            "softmax_cross_entropy_with_logits_v2": "categorical_crossentropy",
            "sigmoid_cross_entropy_with_logits": "binary_crossentropy",
        }.get(name)
    return keras_loss(name)


def _loss_of_result(
    result: Result, call: Site | None, fallback: Site | None = None
) -> LossUse | None:
    name = _canonical_loss(result.callee)
    from_logits = result.argument("from_logits")
    flag = from_logits.value if from_logits else None
    keras = not result.callee.startswith("torch")
    logits = flag.value if isinstance(flag, Known) and isinstance(flag.value, bool) else None
    if result.callee.startswith("tensorflow.nn"):
        logits = True
    elif keras and logits is None and name and "crossentropy" in name:
        logits = False if from_logits is None else None
    reduction = result.argument("reduction")
    text = reduction.value.value if reduction and isinstance(reduction.value, Known) else None
    ignore = _number_in(result.argument("ignore_index"))
    own = result.callee.rsplit(".", 1)[-1]
    site = result.site or fallback
    return LossUse(
        name=(name or own)[:300],
        custom=name is None,
        from_logits=logits,
        reduction=text[:300] if isinstance(text, str) else None,
        ignore_index=int(ignore) if ignore is not None else None,
        label_smoothing=_number_in(result.argument("label_smoothing")),
        site=site,
        call_site=call if call != site else None,
    )


def optimizer_use(
    seen: CallSeen, given: Given | None, *, value: Value | None = None, scheduled: bool = False
) -> tuple[OptimizerUse, ...]:
    """The optimizer that an argument (or a value) stands for; empty when it is not resolved."""
    held = given.value if given is not None else value
    site = seen.parsed.site(given.node) if given is not None else seen.site()
    match held:
        case Known(value=str() as spelling):
            rate = default_rate(spelling, torch=False)
            name = spelling.lower()[:300] or "?"
            return (OptimizerUse(name=name, learning_rate=rate, scheduled=scheduled, site=site),)
        case Named(dotted=dotted) if optimizer_class(canonical(dotted)):
            name = optimizer_class(canonical(dotted)) or ""
            rate = default_rate(name, torch=False)
            return (
                OptimizerUse(name=name.lower(), learning_rate=rate, scheduled=scheduled, site=site),
            )
        case Result() if optimizer_class(held.callee):
            return (_optimizer_of(held, scheduled, site),)
    return ()


def _optimizer_of(result: Result, scheduled: bool, fallback: Site) -> OptimizerUse:
    name = optimizer_class(result.callee) or ""
    torch = not result.callee.startswith(("keras", "tensorflow"))
    given = result.argument("learning_rate") or result.argument("lr", 1 if torch else 0)
    group = _first_group(result)
    rate: float | None
    if group is not None:
        rate, by_schedule = group, False
    elif given is not None:
        rate, by_schedule = _rate(given)
    else:
        rate, by_schedule = default_rate(name, torch=torch), False
    return OptimizerUse(
        name=name.lower()[:300],
        learning_rate=rate,
        momentum=_number_in(result.argument("momentum", 2 if torch and name == "SGD" else None)),
        weight_decay=_number_in(result.argument("weight_decay")),
        scheduled=scheduled or by_schedule,
        site=result.site or fallback,
        learning_rate_site=given.site if given is not None else None,
    )


def _first_group(result: Result) -> float | None:
    """The learning rate of the first parameter group, when it has its own."""
    given = result.argument("params", 0)
    groups = items_of(given.value) if given else None
    first = groups[0] if groups else None
    rate = first.items.get("lr") if isinstance(first, Table) else None
    return _finite(rate.value) if isinstance(rate, Known) else None


def _rate(given: Given) -> tuple[float | None, bool]:
    """A learning rate, and whether it is the start of a schedule."""
    value = given.value
    if isinstance(value, Result) and ".schedules." in value.callee:
        start = value.argument("initial_learning_rate", 0)
        return _number_in(start), True
    return _number_in(given), False


def batch_argument(value: Value | None, depth: int = 0) -> Given | None:
    """The argument that sets the batch size of a Keras generator or a `tf.data` chain."""
    if not isinstance(value, Result) or depth > 8:
        return None
    last = value.callee.rsplit(".", 1)[-1]
    if last in _BATCHING:
        found = value.argument(
            "batch_size", 0 if last == "batch" else (2 if last == "flow" else None)
        )
        if found is not None:
            return found
    return batch_argument(value.source, depth + 1)
