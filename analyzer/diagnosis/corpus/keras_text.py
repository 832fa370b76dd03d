"""A recipe as a Keras program."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.diagnosis.corpus.recipe import Recipe, Role
from analyzer.diagnosis.corpus.text import Lines, number, write_data, write_imports

LOSSES = {
    "mse": ("mse", "MeanSquaredError()"),
    "mae": ("mae", "MeanAbsoluteError()"),
    "huber": ("huber", "Huber()"),
    "hinge": ("hinge", "Hinge()"),
}
OPTIMIZERS = {
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
    "nadam": "Nadam",
    "sgd": "SGD",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "ftrl": "Ftrl",
}
CELLS = {"lstm": "LSTM", "gru": "GRU", "rnn": "SimpleRNN"}
INITIALIZERS = {
    "zeros": '"zeros"',
    "constant": "keras.initializers.Constant(0.5)",
    "large": "keras.initializers.RandomNormal(stddev=5.0)",
}
LEAKY = "leaky_relu"
Part = tuple[str, tuple[Role, ...]]


def keras_program(recipe: Recipe) -> Lines:
    """The program."""
    lines = Lines()
    write_imports(lines, recipe)
    if recipe.spelling.old:
        lines.add("from tensorflow import keras")
        lines.add("from tensorflow.keras import layers")
    else:
        lines.add("import keras")
        lines.add("from keras import layers")
    lines.add("")
    write_data(lines, recipe)
    _labels(lines, recipe)
    lines.add("")
    _model(lines, recipe)
    _compile(lines, recipe)
    _fit(lines, recipe)
    return lines


def _labels(lines: Lines, recipe: Recipe) -> None:
    if recipe.labels == "one_hot":
        for name in ("y", "y_test") if recipe.spelling.validation else ("y",):
            lines.add(f"{name} = keras.utils.to_categorical({name}, {recipe.units})", "labels")


def _parts(recipe: Recipe) -> Iterator[Part]:
    """The layers in order."""
    start = f", kernel_initializer={INITIALIZERS[recipe.initializer]}" if recipe.initializer else ""
    fused, after = _activation(recipe)
    roles: tuple[Role, ...] = ("hidden", "initializer")
    side = recipe.data.shape[0]
    if recipe.embedding:
        yield f"layers.Embedding({recipe.data.vocabulary}, {recipe.embedding})", ()
    for filters in recipe.filters:
        yield f'layers.Conv2D({filters}, 3, padding="same"{fused}{start})', roles
        yield from after
        if side >= 4:
            yield "layers.MaxPooling2D()", ()
            side //= 2
    wide = len(recipe.data.shape) > 1 or recipe.embedding
    if recipe.filters or (not recipe.cell and wide):
        yield "layers.Flatten()", ()
    if recipe.cell:
        yield f"layers.{CELLS[recipe.cell]}({recipe.cell_units})", roles
    for units in recipe.widths:
        yield f"layers.Dense({units}{fused}{start})", roles
        yield from after
    if recipe.dropout and not recipe.widths:
        yield f"layers.Dropout({recipe.dropout})", ("dropout",)
    head = f', activation="{recipe.head}"' if recipe.head else ""
    yield f"layers.Dense({recipe.units}{head}{start})", ("output", "initializer")


def _activation(recipe: Recipe) -> tuple[str, list[Part]]:
    """The argument of a layer, and the layers that follow it."""
    after: list[Part] = []
    name, fused = recipe.activation, ""
    separate = recipe.batch_norm or (recipe.spelling.objects and name != "")
    if recipe.batch_norm:
        after.append(("layers.BatchNormalization()", ()))
    if name and separate:
        after.append((f'layers.Activation("{name}")', ("hidden",)))
    elif name:
        fused = f', activation="{name}"'
    if recipe.dropout:
        after.append((f"layers.Dropout({recipe.dropout})", ("dropout",)))
    return fused, after


def _model(lines: Lines, recipe: Recipe) -> None:
    if recipe.spelling.model == "subclass":
        _class(lines, recipe)
        lines.add("model = Net()")
        return
    if recipe.spelling.function:
        with lines.block("def build_model():"):
            _built(lines, recipe)
            lines.add("return model")
        lines.add("")
        lines.add("model = build_model()")
    else:
        _built(lines, recipe)


def _built(lines: Lines, recipe: Recipe) -> None:
    shape = ", ".join(map(str, recipe.data.shape))
    given = f"layers.Input(shape=({shape},))"
    if recipe.spelling.model == "functional":
        lines.add(f"inputs = {given}")
        lines.add("x = inputs")
        for text, roles in _parts(recipe):
            lines.add(f"x = {text}(x)", *roles)
        lines.add("model = keras.Model(inputs, x)")
    elif recipe.spelling.model == "added":
        lines.add("model = keras.Sequential()")
        lines.add(f"model.add({given})")
        for text, roles in _parts(recipe):
            lines.add(f"model.add({text})", *roles)
    else:
        with lines.block("model = keras.Sequential(["):
            lines.add(given + ",")
            for text, roles in _parts(recipe):
                lines.add(text + ",", *roles)
        lines.add("])")


def _class(lines: Lines, recipe: Recipe) -> None:
    parts = list(_parts(recipe))
    with lines.block("class Net(keras.Model):"):
        with lines.block("def __init__(self):"):
            lines.add("super().__init__()")
            for i, (text, roles) in enumerate(parts):
                lines.add(f"self.part{i} = {text}", *roles)
        lines.add("")
        with lines.block("def call(self, x, training=False):"):
            for i, (text, roles) in enumerate(parts):
                moded = text.startswith(("layers.Dropout", "layers.Batch"))
                mode = ", training=training" if moded else ""
                lines.add(f"x = self.part{i}(x{mode})", *roles)
            lines.add("return x")
    lines.add("")


def _loss(recipe: Recipe) -> str:
    logits = "from_logits=True" if recipe.logits else ""
    objects = recipe.spelling.objects or recipe.logits
    match recipe.loss:
        case "binary":
            text, name = "binary_crossentropy", f"BinaryCrossentropy({logits})"
        case "cross_entropy" if recipe.labels == "one_hot" or recipe.data.task == "multilabel":
            text, name = "categorical_crossentropy", f"CategoricalCrossentropy({logits})"
        case "cross_entropy":
            text = "sparse_categorical_crossentropy"
            name = f"SparseCategoricalCrossentropy({logits})"
        case other:
            text, name = LOSSES[other]
            objects = recipe.spelling.objects
    return f"keras.losses.{name}" if objects else f'"{text}"'


def _optimizer(recipe: Recipe) -> str:
    words = []
    if recipe.learning_rate is not None:
        words.append(f"learning_rate={number(recipe.learning_rate)}")
    if recipe.momentum:
        words.append(f"momentum={recipe.momentum}")
    if recipe.weight_decay:
        words.append(f"weight_decay={number(recipe.weight_decay)}")
    if not words and not recipe.spelling.objects:
        return f'"{recipe.optimizer}"'
    return f"keras.optimizers.{OPTIMIZERS[recipe.optimizer]}({', '.join(words)})"


def _compile(lines: Lines, recipe: Recipe) -> None:
    with lines.block("model.compile("):
        lines.add(f"optimizer={_optimizer(recipe)},", "optimizer")
        lines.add(f"loss={_loss(recipe)},", "loss")
        if recipe.spelling.metrics:
            name = "mae" if recipe.data.task == "regression" else "accuracy"
            lines.add(f'metrics=["{name}"],')
    lines.add(")")


def _fit(lines: Lines, recipe: Recipe) -> None:
    with lines.block("model.fit("):
        lines.add("X,")
        lines.add("y,")
        lines.add(f"epochs={recipe.epochs},", "epochs")
        lines.add(f"batch_size={recipe.batch_size},", "batch_size")
        if recipe.spelling.validation:
            lines.add("validation_data=(X_test, y_test),")
        lines.add("verbose=0,")
    lines.add(")")
