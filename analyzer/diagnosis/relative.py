"""How data, model, loss and optimizer of a program stand to each other; scales in logarithms."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isfinite, log10

from analyzer.diagnosis.reading import NAN, baseline_loss, labels_of, layer_points, loss_name
from analyzer.observed import ArrayStats, Baselines, Layer
from analyzer.rules.base import Program
from analyzer.rules.reading.head import heads
from analyzer.rules.reading.losses import BINARY, CATEGORICAL, REGRESSION, SQUARED, takes_logits
from analyzer.rules.reading.stack import NORMALIZATIONS, WEIGHTED, own_activation

Facts = Iterator[tuple[str, float]]

USUAL_RATES = {
    **dict.fromkeys(("adam", "adamw", "nadam", "adamax", "radam", "rmsprop"), 1e-3),
    "sgd": 1e-2,
    "adagrad": 1e-2,
    "adadelta": 1.0,
    "ftrl": 1e-1,
    "lion": 1e-4,
}
"""Rates that each optimizer is commonly used with."""
LARGE_BATCH = 256
"""Whether a batch of more is large shows beside the number of samples alone."""
OPTIMIZERS = ("sgd", "adam", "rmsprop", "adagrad", "adadelta")
HEADS = ("sigmoid", "softmax", "log_softmax", "relu", "tanh")
PROBLEMS = ("binary", "multiclass", "multilabel", "regression")
ENCODINGS = ("integer", "one_hot", "multi_hot", "binary", "plus_minus_one", "continuous")
SATURATING = frozenset({"sigmoid", "tanh", "hard_sigmoid", "softmax"})
TINY = 1e-12


def relative_features(program: Program) -> dict[str, float]:
    """Every relation by name."""
    found: dict[str, float] = {}
    for part in (_loss, _inputs, _labels, _head, _hidden, _optimizer, _length, _probes):
        found |= dict(part(program))
    return found


def _log(value: float | None) -> float:
    if value is None or not isfinite(value):
        return NAN
    return log10(abs(value) + TINY)


def _ratio(one: float | None, other: float | None) -> float:
    if one is None or other is None or not isfinite(one) or not other:
        return NAN
    return one / other


def _loss(program: Program) -> Facts:
    """Where the loss starts and how much of a constant answer's cost it takes off."""
    baseline = baseline_loss(program)
    losses = [loss for loss in (program.trace.loss if program.trace else ()) if isfinite(loss)]
    start, end = _mean(losses[:3]), _mean(losses[-10:])
    yield "loss_start", _log(_ratio(start, baseline))
    yield "loss_end", _log(_ratio(end, baseline))
    yield "loss_drop", _ratio(_minus(start, end), baseline)
    yield "loss_drop_of_start", _ratio(_minus(start, end), abs(start) if start else None)
    yield "loss_least", _ratio(min(losses, default=None), baseline)
    yield "loss_most", _log(_ratio(max(losses, default=None), baseline))
    yield "loss_negative", float(min(losses, default=0.0) < -1e-6)
    name = loss_name(program)
    for word, family in (("binary", BINARY), ("exclusive", CATEGORICAL), ("numbers", REGRESSION)):
        yield f"loss_is_{word}", float(name in family)
    yield "loss_is_squared", float(name in SQUARED)
    yield "loss_is_other", float(name not in BINARY | CATEGORICAL | REGRESSION)


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _inputs(program: Program) -> Facts:
    """Bounds and spread of what enters the first weights, and how unequal its columns are."""
    inputs = program.data.inputs if program.data else ()
    raw = inputs[0] if inputs else None
    stats = rescaled_inputs(program) or raw
    low, high = (stats.min, stats.max) if stats else (None, None)
    yield "input_std", _log(stats.std if stats else None)
    yield "input_bound", _log(max((abs(v) for v in (low, high) if v is not None), default=None))
    yield "input_offset", _log(_ratio(stats.mean, stats.std) if stats and stats.mean else None)
    yield "input_integral", float(stats.integral) if stats else NAN
    yield "input_negative", NAN if low is None else float(low < 0)
    spreads = sorted(v for v in (stats.feature_stds or () if stats else ()) if v and isfinite(v))
    typical = spreads[len(spreads) // 2] if spreads else None
    yield "input_columns", _log(_ratio(spreads[-1], typical)) if spreads else NAN
    yield "input_features", _log(_size(raw.shape) if raw else None)
    yield "samples", _log(raw.samples if raw else None)


def rescaled_inputs(program: Program) -> ArrayStats | None:
    """What leaves the model's own scaling before its first weights; None where it has none."""
    points = layer_points(program, weighted=False)
    found = None
    for layer, point in zip(points.layers, points.rows[0] if points.rows else (), strict=True):
        if layer.op in WEIGHTED:
            break
        if point is not None and (layer.op == "rescale" or layer.op in NORMALIZATIONS):
            found = ArrayStats(
                min=point.output_min,
                max=point.output_max,
                mean=point.output_mean,
                std=point.output_std,
            )
    return found


def _size(shape: tuple[int | None, ...]) -> float:
    size = 1.0
    for one in shape:
        size *= one or 1
    return size


def _labels(program: Program) -> Facts:
    labels = labels_of(program)
    encoding = labels.encoding if labels else None
    for word in ENCODINGS:
        yield f"labels_are_{word}", NAN if encoding is None else float(encoding == word)
    yield "classes", _log(labels.classes if labels else None)
    yield "label_std", _log(labels.std if labels else None)
    yield "label_offset", _log(_ratio(labels.mean, labels.std) if labels else None)
    yield "label_least_share", min(labels.balance or (NAN,)) if labels else NAN
    for word in PROBLEMS:
        yield f"problem_is_{word}", float(program.problem == word)


def _head(program: Program) -> Facts:
    """The output against loss and labels, as declared and as seen."""
    found = heads(program.graph) if program.graph else ()
    head = found[0] if found else None
    activation = head.activation if head else None
    for word in HEADS:
        yield f"head_is_{word}", NAN if head is None else float(activation == word)
    yield "head_is_linear", NAN if head is None else float(activation is None)
    losses = program.learner.losses if program.learner else ()
    logits = takes_logits(losses[0]) if losses else None
    shaped = activation in HEADS if head else None
    yield "logits_twice", NAN if None in (logits, shaped) else float(bool(logits and shaped))
    labels = labels_of(program)
    width = head.width if head else None
    yield "head_width", _log(width)
    yield "width_of_classes", _ratio(width, labels.classes if labels else None)
    yield "single_softmax", float(width == 1 and activation == "softmax")
    seen = program.trace.loss_seen[0] if program.trace and program.trace.loss_seen else None
    low, high = (seen.prediction_min, seen.prediction_max) if seen else (None, None)
    yield (
        "outputs_outside_unit",
        NAN if low is None or high is None else float(low < -1e-3 or high > 1 + 1e-3),
    )
    targets = (seen.target_min, seen.target_max) if seen else (None, None)
    exclusive = loss_name(program) in CATEGORICAL  # class numbers are no values of the output
    yield "targets_beyond_outputs", NAN if exclusive else _beyond(targets, activation)
    yield "outputs_width", _log(_minus(high, low))


def _beyond(targets: tuple[float | None, float | None], activation: str | None) -> float:
    """Whether targets lie where the activation never comes."""
    bounds = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0)}
    low, high = bounds.get(activation or "", (0.0, inf) if activation == "relu" else (-inf, inf))
    least, most = targets
    if least is None or most is None:
        return NAN
    return float(least < low - 1e-3 or most > high + 1e-3)


def _hidden(program: Program) -> Facts:
    """Depth, activations between the weighted layers, normalization, dropout, first weights."""
    layers = program.graph.layers if program.graph else ()
    weighted = [layer for layer in layers if layer.op in WEIGHTED]
    hidden = weighted[:-1]
    names = [_activation_after(layers, layer) for layer in hidden if layer.op != "recurrent"]
    yield "depth", float(len(weighted)) if weighted else NAN
    yield "hidden_linear", _share(names, lambda name: name is None)
    yield "hidden_saturating", _share(names, lambda name: name in SATURATING)
    yield "hidden_sigmoid", _share(names, lambda name: name == "sigmoid")
    yield "hidden_softmax", _share(names, lambda name: name == "softmax")
    yield "normalized", float(any(layer.op in NORMALIZATIONS for layer in layers))
    rates = [layer.rate for layer in layers if layer.op == "dropout" and layer.rate is not None]
    yield "dropout", max(rates, default=0.0)
    yield "recurrent", float(any(layer.op == "recurrent" for layer in layers))
    yield "convolutional", float(any(layer.op == "conv" for layer in layers))
    yield "parameters", _log(float(sum(layer.parameters for layer in layers)))
    points = layer_points(program)
    first = points.of("weight_std")[:1].ravel() if points.steps else ()
    yield "constant_weights", float(any(value == 0.0 for value in first)) if len(first) else NAN
    yield "initialized", float(any(layer.initializer for layer in layers))


def _activation_after(layers: tuple[Layer, ...], layer: Layer) -> str | None:
    """The activation of a layer: its own, or the next one before another weighted layer."""
    own = own_activation(layer)
    if own:
        return own
    for other in layers[layer.index + 1 :]:
        if other.op in WEIGHTED:
            return None
        if other.op == "activation":
            return own_activation(other)
    return None


def _share(names: list[str | None], test: object) -> float:
    assert callable(test)
    return sum(map(test, names)) / len(names) if names else NAN


def _optimizer(program: Program) -> Facts:
    """The optimizer, and its rate beside the usual one."""
    used = program.learner.optimizers if program.learner else ()
    optimizer = used[0] if used else None
    name = optimizer.name if optimizer else ""
    for word in OPTIMIZERS:
        yield f"optimizer_is_{word}", NAN if optimizer is None else float(name == word)
    rate = optimizer.learning_rate if optimizer else None
    yield "rate", _log(rate)
    yield "rate_of_usual", _log(_ratio(rate, USUAL_RATES.get(name)))
    yield "momentum", (optimizer.momentum or 0.0) if optimizer else NAN
    decay = (optimizer.weight_decay or 0.0) if optimizer else None
    yield "weight_decay", _log(decay)
    missing = len(optimizer.missing_parameters) if optimizer else None
    yield "not_optimized", NAN if missing is None else float(missing > 0)
    census = program.observation.census if program.observation else None
    held = [one.held for one in census.parameters if one.trainable] if census else []
    yield "held", sum(held) / len(held) if held else NAN


def _length(program: Program) -> Facts:
    """Batches and epochs against the number of samples."""
    learner = program.learner
    samples = program.data.inputs[0].samples if program.data and program.data.inputs else None
    size = learner.batch_size if learner else None
    order = program.observation.order if program.observation else None
    epochs = (learner.epochs if learner else None) or (order.plan.epochs if order else None)
    yield "batch_size", _log(min(size, LARGE_BATCH) if size else None)
    yield "batch_of_samples", _ratio(size, samples)
    yield "epochs", _log(epochs)
    planned = epochs * max(1.0, samples / size) if epochs and samples and size else None
    yield "planned_steps", _log(planned)
    yield "samples_seen", _log(epochs * samples if epochs and samples else None)
    trace = program.trace
    yield "ended_early", NAN if trace is None else float(trace.ended == "program_end")
    yield "steps", _log(trace.steps) if trace and trace.ended == "program_end" else NAN


def _probes(program: Program) -> Facts:
    """The loss of the trained model under other circumstances, beside a constant answer's."""
    probes = program.observation.probes if program.observation else None
    seen = (probes and probes.baselines) or Baselines(rows=0)
    baseline = baseline_loss(program)
    yield "probe_trained", _ratio(seen.trained, baseline)
    yield "probe_gain", _ratio(_minus(seen.initial, seen.trained), baseline)
    yield "probe_zeroed", _ratio(_minus(seen.zeroed, seen.trained), baseline)
    yield "probe_shuffled", _ratio(_minus(seen.shuffled, seen.trained), baseline)
    yield "probe_spread", _log(_ratio(seen.spread_inputs, seen.output_std))
    batch = [loss for loss in seen.one_batch if isfinite(loss)]
    first, last = (batch[0], min(batch)) if batch else (None, None)
    yield "one_batch_drop", _ratio(_minus(first, last), first)
    yield "one_batch_end", _ratio(last, baseline)
