"""Old ways to train and to ask: fit_generator, predict_classes, nb_epoch, lists for arrays."""

from __future__ import annotations

from typing import Any

from .compat_arguments import COMPILE, EVALUATE, FIT
from .compat_calls import Extra, translated
from .compat_optimizers import todays_optimizer
from .compat_record import Uses

_SINCE = "Keras 3"


def adapt(keras: Any, uses: Uses) -> None:
    """Wraps the methods of `Model` and adds those that are gone."""
    for model in {keras.Model, keras.Sequential}:
        for name, table, extra in (
            ("fit", FIT, _training_data(uses)),
            ("evaluate", EVALUATE, _arrays(uses, ("x", "y"))),
            ("predict", EVALUATE, _arrays(uses, ("x",))),
            ("train_on_batch", {}, _arrays(uses, ("x", "y"))),
            ("compile", COMPILE, todays_optimizer(keras, uses)),
        ):
            if model is keras.Model or name in vars(model):
                old = getattr(model, name)
                setattr(model, name, translated(old, table, uses, name, _SINCE, extra=extra))
    _old_methods(keras.Model, uses)


def _old_methods(model: Any, uses: Uses) -> None:
    for old, new in (
        ("fit_generator", "fit"),
        ("evaluate_generator", "evaluate"),
        ("predict_generator", "predict"),
        ("predict_proba", "predict"),
    ):
        # tf_keras still has the generators, but they only warn and call the new ones.
        setattr(model, old, _forward(old, new, uses))
    if not hasattr(model, "predict_classes"):
        model.predict_classes = _predict_classes(uses)


def _forward(old: str, new: str, uses: Uses) -> Any:
    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        uses.record(f"model.{old}", f"model.{new}", _SINCE)
        if old == "fit_generator":
            arguments, keywords = _generator_order(arguments, keywords)
        if old in ("evaluate_generator", "predict_generator") and len(arguments) > 1:
            keywords = {"steps": arguments[1], **keywords}
            arguments = arguments[:1]
        return getattr(self, new)(*arguments, **keywords)

    method.__name__ = old
    return method


def _generator_order(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """fit_generator(generator, steps_per_epoch, epochs, verbose, callbacks, validation_data...)."""
    names = (
        "x",
        "steps_per_epoch",
        "epochs",
        "verbose",
        "callbacks",
        "validation_data",
        "validation_steps",
    )
    return (), {**dict(zip(names, arguments, strict=False)), **keywords}


def _predict_classes(uses: Uses) -> Any:
    def predict_classes(self: Any, x: Any, **keywords: Any) -> Any:
        uses.record("model.predict_classes", "model.predict(x).argmax(axis=-1)", "TensorFlow 2.6")
        p = self.predict(x, **keywords)
        return p.argmax(axis=-1) if p.shape[-1] > 1 else (p > 0.5).astype("int32")

    return predict_classes


def _training_data(uses: Uses) -> Extra:
    """What Keras 2 made of the arguments of fit before it looked at them."""
    arrays = _arrays(uses, ("x", "y"))

    def change(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        arguments, keywords = arrays(arguments, keywords)
        validation = keywords.get("validation_data")
        if isinstance(validation, list) and len(validation) in (2, 3):
            uses.record("fit(validation_data=[...])", "fit(validation_data=(...))", _SINCE)
            keywords = {**keywords, "validation_data": tuple(validation)}
        if keywords.get("shuffle") == "batch":
            uses.record('fit(shuffle="batch")', "fit(shuffle=True)", _SINCE)
            keywords = {**keywords, "shuffle": True}
        return arguments, _whole_steps(keywords, uses)

    return change


def _whole_steps(keywords: dict[str, Any], uses: Uses) -> dict[str, Any]:
    """Keras 2 took steps_per_epoch=len(x) / 32, a fraction."""
    for name in ("steps_per_epoch", "validation_steps", "epochs"):
        value = keywords.get(name)
        if isinstance(value, float):
            uses.record(f"fit({name}=float)", f"fit({name}=int)", _SINCE)
            keywords = {**keywords, name: max(1, int(value))}
    return keywords


def _arrays(uses: Uses, names: tuple[str, ...]) -> Extra:
    """Lists of numbers become arrays, 1-d inputs get Keras 2's second axis."""

    def change(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        model, positional = arguments[0], list(arguments[1:])
        keywords = dict(keywords)
        for position, name in enumerate(names):
            if position < len(positional):
                positional[position] = _array(positional[position], name, model, uses)
            elif name in keywords:
                keywords[name] = _array(keywords[name], name, model, uses)
        return (model, *positional), keywords

    return change


def _array(value: Any, name: str, model: Any, uses: Uses) -> Any:
    import numpy

    count = len(getattr(model, "inputs" if name == "x" else "outputs", None) or (0,))
    if isinstance(value, list) and value and count == 1 and not _one_per_tensor(value):
        try:
            array = numpy.asarray(value)
        except ValueError:  # rows of different lengths: the program's own fault, left to Keras
            return value
        if array.dtype != object:
            uses.record(f"fit({name}=[...])", f"fit({name}=numpy.array([...]))", _SINCE)
            value = array
    if getattr(value, "ndim", None) == 1 and count == 1 and _wants_column(value, name, model):
        uses.record(f"1-d {name}", f"{name}.reshape(-1, 1)", _SINCE)
        value = numpy.asarray(value).reshape(-1, 1)
    return value


def _one_per_tensor(value: list[Any]) -> bool:
    """[x] of a single-input model: the list is the structure, not the samples."""
    return len(value) == 1 and getattr(value[0], "ndim", 0) > 1


def _wants_column(value: Any, name: str, model: Any) -> bool:
    """Whether Keras 2 would have added an axis and Keras 3 would refuse for want of it."""
    shapes = getattr(model, "input_shape" if name == "x" else "output_shape", None)
    if (
        not isinstance(shapes, tuple)
        or len(shapes) != 2
        or getattr(value.dtype, "kind", "O") == "O"
    ):
        return False
    if name == "x":
        return shapes[-1] == 1
    loss = str(getattr(model.loss, "__name__", getattr(model.loss, "name", model.loss)))
    return shapes[-1] not in (None, 1) and "sparse" not in loss
