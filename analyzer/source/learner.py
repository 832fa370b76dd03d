"""The static `Learner`: losses, optimizers, rates, batch size and epochs as stated."""

from __future__ import annotations

from typing import Any

from analyzer.kinds import Framework
from analyzer.observed import Learner, LossUse, OptimizerUse, Site
from analyzer.source.handwritten import handwritten_loss
from analyzer.source.learned import (
    batch_argument,
    constant,
    loss_uses,
    number,
    optimizer_use,
    whole,
)
from analyzer.source.lightning import trainer_of
from analyzer.source.machine import Machine
from analyzer.source.recording import CallSeen, LoopSeen
from analyzer.source.sites import resolved_name
from analyzer.source.trained import backward_call, calls_with_role, trained_model
from analyzer.source.values import Given, Known, LossValue, Result, Value, items_of


def learner_of(reader: Machine, framework: Framework) -> Learner | None:
    """How the program trains, None when the source shows no part of it."""
    learner = _torch(reader) if framework == "torch" else _keras(reader, framework)
    empty = Learner(origin="static")
    return None if learner == empty else learner


def _keras(reader: Machine, framework: Framework) -> Learner:
    compiled = _on_trained(reader, framework, "compile")
    fitted = _on_trained(reader, framework, "fit")
    if compiled is None and fitted is None:
        return _tape(reader, framework)
    losses: tuple[LossUse, ...] = ()
    optimizers: tuple[OptimizerUse, ...] = ()
    metrics: Given | None = None
    if compiled is not None:
        losses = loss_uses(compiled, compiled.argument("loss", 1))
        scheduled = bool(calls_with_role(reader, framework, "scheduler"))
        optimizers = optimizer_use(compiled, compiled.argument("optimizer", 0), scheduled=scheduled)
        metrics = compiled.argument("metrics", 2)
    values = _fit_values(fitted) if fitted else {}
    return Learner(
        losses=losses,
        optimizers=optimizers,
        metrics=_metric_names(metrics),
        metrics_site=_at(compiled, metrics),
        fit_site=fitted.site() if fitted else None,
        compile_site=compiled.site() if compiled else None,
        origin="static",
        **values,
    )


def _on_trained(reader: Machine, framework: Framework, role: str) -> CallSeen | None:
    """The call with this role on the trained model, else the first with it."""
    calls = calls_with_role(reader, framework, role)
    model = trained_model(reader, framework)
    own = [seen for seen in calls if model is not None and seen.receiver is model]
    chosen = own or calls
    if not chosen:
        return None
    return chosen[-1] if own and role == "compile" else chosen[0]


def _fit_values(fitted: CallSeen) -> dict[str, Any]:
    """Batch size, epochs and the like from the arguments of fit."""
    generator = fitted.callee.endswith("fit_generator")
    epochs = fitted.argument("epochs", 2 if generator else 3) or fitted.argument("nb_epoch")
    if fitted.callee.endswith("train_on_batch"):
        epochs = None
    inputs = fitted.argument("x", 0) or fitted.argument("generator")
    batch, batch_site = _keras_batch(fitted, inputs, generator)
    shuffle = constant(fitted, fitted.argument("shuffle"))
    single = fitted.callee.endswith("train_on_batch")
    return {
        "epochs": whole(fitted, epochs) if epochs else (None if single else 1),
        "epochs_site": _at(fitted, epochs),
        "batch_size": batch,
        "batch_size_site": batch_site,
        "shuffle": shuffle
        if isinstance(shuffle, bool)
        else (None if generator or single else True),
        "validation_split": number(fitted, fitted.argument("validation_split")),
        "steps_per_epoch": whole(
            fitted, fitted.argument("steps_per_epoch", 1 if generator else None)
        ),
    }


def _keras_batch(
    fitted: CallSeen, inputs: Given | None, generator: bool
) -> tuple[int | None, Site | None]:
    given = fitted.argument("batch_size", None if generator else 2)
    if given is not None and not fitted.callee.endswith("train_on_batch"):
        return whole(fitted, given), _at(fitted, given)
    found = batch_argument(inputs.value if inputs else None)
    if found is not None:
        value = found.value
        size = value.value if isinstance(value, Known) and type(value.value) is int else None
        return size, found.site
    arrays = not generator and fitted.argument("y", 1) is not None
    return (32 if arrays and not fitted.callee.endswith("train_on_batch") else None), None


def _tape(reader: Machine, framework: Framework) -> Learner:
    """A hand-written loop with `GradientTape`."""
    backward = backward_call(reader, framework)
    losses: list[LossUse] = []
    for seen in calls_with_role(reader, framework, "loss"):
        if isinstance(seen.result, Result) or (isinstance(seen.result, LossValue) and not losses):
            losses.extend(loss_uses(seen, None, value=seen.result))
    own = handwritten_loss(backward) if backward and not losses else None
    losses.extend([own] if own else [])
    optimizers = _optimizers(reader, framework)
    loops = backward.running if backward else ()
    epochs, site = _epochs(loops)
    return Learner(
        losses=tuple(losses[:16]),
        optimizers=optimizers,
        epochs=epochs,
        epochs_site=site,
        fit_site=backward.site() if backward else None,
        origin="static",
    )


def _torch(reader: Machine) -> Learner:
    backward = backward_call(reader, "torch")
    loops = backward.running if backward else ()
    epochs, epochs_site = _epochs(loops)
    fit_site = backward.site() if backward else None
    if backward is None:
        fit_site, epochs, epochs_site = trainer_of(reader)
    loader = training_loader(reader, loops)
    batch, batch_site = _torch_batch(loader, loops)
    shuffle = loader.argument("shuffle") if loader else None
    shuffled = None
    if loader is not None:
        shuffled = bool(shuffle and isinstance(shuffle.value, Known) and shuffle.value.value)
        if any(loader.argument(name) for name in ("sampler", "batch_sampler", "**")):
            shuffled = None
        if shuffle is not None and not isinstance(shuffle.value, Known):
            shuffled = None
    return Learner(
        losses=_torch_losses(reader, backward),
        optimizers=_optimizers(reader, "torch"),
        batch_size=batch,
        batch_size_site=batch_site,
        epochs=epochs,
        epochs_site=epochs_site,
        shuffle=shuffled,
        fit_site=fit_site,
        origin="static",
    )


def _torch_losses(reader: Machine, backward: CallSeen | None) -> tuple[LossUse, ...]:
    """The losses that flow into backward, else every loss that the program makes."""
    receiver = backward.receiver if backward else None
    if isinstance(receiver, LossValue):
        assert backward is not None
        return loss_uses(backward, None, value=receiver)
    uses: list[LossUse] = []
    for seen in calls_with_role(reader, "torch", "loss"):
        if isinstance(seen.result, Result) or (isinstance(seen.result, LossValue) and not uses):
            uses.extend(loss_uses(seen, None, value=seen.result))
    if not uses and backward is not None:
        own = handwritten_loss(backward)
        uses = [own] if own else []
    return tuple(uses[:16])


def _optimizers(reader: Machine, framework: Framework) -> tuple[OptimizerUse, ...]:
    scheduled = bool(calls_with_role(reader, framework, "scheduler"))
    uses: list[OptimizerUse] = []
    for seen in calls_with_role(reader, framework, "optimizer"):
        uses.extend(optimizer_use(seen, None, value=seen.result, scheduled=scheduled))
    return tuple(uses[:16])


def _epochs(loops: tuple[LoopSeen, ...]) -> tuple[int | None, Site | None]:
    """The epoch loop among the loops around a training step: ``for epoch in range(n)``."""
    counted = [loop for loop in loops if _range_of(loop) is not None]
    plain = [loop for loop in counted if len((_range_of(loop) or Result("", ())).arguments) < 3]
    named = [
        loop
        for loop in plain
        if loop.variable.lower().startswith(("ep", "e")) or loop.variable == "_"
    ]
    chosen = next(iter(named or plain), None)
    bounds = _range_of(chosen) if chosen else None
    if bounds is None or not bounds.arguments:
        return None, None
    last = bounds.arguments[-1] if len(bounds.arguments) < 3 else bounds.arguments[1]
    start = bounds.arguments[0].value if len(bounds.arguments) > 1 else Known(0)
    site = last.site or bounds.site
    if isinstance(last.value, Known) and isinstance(start, Known):
        stop, begin = last.value.value, start.value
        if type(stop) is int and type(begin) is int:
            return max(stop - begin, 0), site
    return None, site


def _range_of(loop: LoopSeen) -> Result | None:
    """The ``range(...)`` that a loop runs over, also inside ``tqdm(...)``."""
    return _find(loop.iterable, lambda result: result.callee == "builtins.range")


def training_loader(reader: Machine, loops: tuple[LoopSeen, ...]) -> Result | None:
    """The loader that the training loop runs over, else the program's first one."""
    for loop in reversed(loops):
        found = _find(loop.iterable, _is_loader)
        if found is not None:
            return found
    if any(loop.iterable is not None and _range_of(loop) is None for loop in loops) or not loops:
        made = [
            seen
            for seen in calls_with_role(reader, "torch", "loader")
            if isinstance(seen.result, Result)
        ]
        train = [seen for seen in made if "train" in (seen.target or "").lower()]
        chosen = next(iter(train or made), None)
        if chosen is not None and isinstance(chosen.result, Result):
            return chosen.result
    return None


def _is_loader(result: Result) -> bool:
    return result.callee.rsplit(".", 1)[-1] == "DataLoader"


def _find(value: Value | None, wanted: object, depth: int = 0) -> Result | None:
    """A result among a value and the arguments of the calls that wrap it."""
    if not isinstance(value, Result) or depth > 4:
        return None
    if callable(wanted) and wanted(value):
        return value
    for given in value.arguments:
        found = _find(given.value, wanted, depth + 1)
        if found is not None:
            return found
    return None


def _torch_batch(
    loader: Result | None, loops: tuple[LoopSeen, ...]
) -> tuple[int | None, Site | None]:
    """From the loader, else from the step of ``range(0, len(x), batch_size)``."""
    if loader is not None:
        given = loader.argument("batch_size", 1)
        if given is None:
            hidden = loader.argument("batch_sampler") or loader.argument("**")
            return (None if hidden else 1), None
        size = given.value.value if isinstance(given.value, Known) else None
        return (size if type(size) is int else None), _near(loader, given)
    for loop in loops:
        bounds = _range_of(loop)
        if bounds is not None and len(bounds.arguments) == 3:
            step = bounds.arguments[2]
            size = step.value.value if isinstance(step.value, Known) else None
            return (size if type(size) is int else None), _near(bounds, step)
    return None, None


def _near(result: Result, given: Given) -> Site | None:
    """The range of an argument, in the file where its call stands."""
    return given.site if given.site is not None else result.site


def _at(seen: CallSeen | None, given: Given | None) -> Site | None:
    return seen.parsed.site(given.node) if seen is not None and given is not None else None


def _metric_names(given: Given | None) -> tuple[str, ...]:
    items = items_of(given.value) if given else None
    if items is None:
        items = [given.value] if given and isinstance(given.value, Known) else []
    names = []
    for item in items:
        if isinstance(item, Known) and isinstance(item.value, str):
            names.append(item.value[:300])
        else:
            resolved = resolved_name(item)
            names.append((resolved or "unknown").rsplit(".", 1)[-1][:300])
    return tuple(names[:32])
