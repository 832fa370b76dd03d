"""Sound programs: choices that practice knows to work, drawn at random."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Literal

from analyzer.diagnosis.corpus.recipe import Data, Loss, Recipe, Spelling, Written
from analyzer.diagnosis.corpus.sources import draw_data

WIDTHS = (8, 16, 32, 64, 128)
FEW = (2, 4, 8, 8, 16, 32)
"""Widths for a few rows."""
FILTERS: tuple[tuple[int, ...], ...] = ((8,), (16,), (8, 8), (8, 16))
TAILS: tuple[tuple[int, ...], ...] = ((), (32,), (64,))
CELLS: tuple[Literal["lstm", "gru", "rnn"], ...] = ("lstm", "gru", "gru", "rnn")
ACTIVATIONS = ("relu", "relu", "relu", "relu", "tanh", "elu", "leaky_relu", "gelu")
SATURATING_DEPTH = 2  # hidden layers through which a sigmoid still learns
RATES = {
    "adam": (3e-4, 1e-3, 1e-3, 1e-3, 3e-3, 5e-3, 1e-2),
    "adamw": (1e-3, 1e-3, 3e-3),
    "rmsprop": (5e-4, 1e-3, 1e-3, 3e-3),
    "nadam": (1e-3, 2e-3),
    "sgd": (0.01, 0.03, 0.05, 0.1),
    "momentum": (0.003, 0.01, 0.03, 0.05),
    "adagrad": (0.01, 0.05),
}
USUAL = {"adam": 1e-3, "adamw": 1e-3, "rmsprop": 1e-3, "nadam": 1e-3}
"""Rates that may be left to the optimizer's own; PyTorch's RMSprop and NAdam have others."""
OPTIMIZERS = ("adam", "adam", "adam", "adam", "rmsprop", "sgd", "momentum", "adamw", "nadam")


def draw_recipe(random: Random, written: Written) -> Recipe:
    """A program that should learn; whether it does is checked by training it."""
    data = draw_data(random)
    recipe = Recipe(written=written, data=data, spelling=_spelling(random, data, written))
    for choose in (_body, _hidden, _output, _optimizer, _length):
        recipe = choose(random, recipe)
    return recipe


def _spelling(random: Random, data: Data, written: Written) -> Spelling:
    forms = ["sequential", "added", "functional", "subclass"]
    if written == "torch":
        forms = ["sequential", "sequential", "subclass"]
        if data.form in ("sequence", "text"):
            forms = ["subclass"]
    return Spelling(
        model=random.choice(forms),  # type: ignore[arg-type]
        objects=random.random() < 0.5,
        function=random.random() < 0.4,
        loader=random.random() < 0.7,
        old=random.random() < 0.6,
        metrics=random.random() < 0.8,
        validation=random.random() < 0.3,
    )


def _body(random: Random, recipe: Recipe) -> Recipe:
    """Convolutions for images, a cell for sequences, and hidden dense layers."""
    data = recipe.data
    if data.form == "images" and random.random() < 0.8:
        return replace(recipe, filters=random.choice(FILTERS), widths=random.choice(TAILS))
    if data.form == "sequence" and random.random() < 0.85:
        cell, units = random.choice(CELLS), random.choice((16, 32))
        return replace(recipe, cell=cell, cell_units=units, widths=random.choice(((), (), (16,))))
    if data.form == "text":
        return _text_body(random, recipe)
    depth = random.choice((1, 1, 2, 2, 2, 3, 3, 4, 5, 6))
    if data.small:
        widths = tuple(random.choice(FEW) for _ in range(min(depth, 3)))
        return replace(recipe, widths=widths)
    if data.linear and random.random() < 0.1:
        depth = 0
    first = random.choice(WIDTHS)
    widths = tuple(max(8, first >> random.choice((0, 0, i // 2))) for i in range(depth))
    return replace(recipe, widths=widths)


def _text_body(random: Random, recipe: Recipe) -> Recipe:
    """Words as vectors, read one by one or all at once."""
    recipe = replace(recipe, embedding=random.choice((8, 16, 32)))
    if random.random() < 0.6:
        cell, units = random.choice(CELLS[:3]), random.choice((16, 32))
        return replace(recipe, cell=cell, cell_units=units, widths=random.choice(((), (16,))))
    return replace(recipe, widths=random.choice(((16,), (32,), (32, 16))))


def _hidden(random: Random, recipe: Recipe) -> Recipe:
    depth = recipe.depth
    activation = random.choice(ACTIVATIONS)
    if depth and depth <= SATURATING_DEPTH and random.random() < 0.08:
        activation = "sigmoid"
    deep = depth >= 2 and not recipe.cell
    norm = deep and random.random() < (0.5 if recipe.filters else 0.2)
    rate = random.choice((0.1, 0.2, 0.3, 0.5)) if random.random() < 0.25 else 0.0
    wide = all(width >= 32 for width in recipe.widths)
    return replace(
        recipe, activation=activation, batch_norm=norm, dropout=rate if wide and depth else 0.0
    )


def _output(random: Random, recipe: Recipe) -> Recipe:
    """Output activation, loss and labels that belong together."""
    torch = recipe.written == "torch"
    logits = random.random() < (0.85 if torch else 0.2)
    loss: Loss
    match recipe.data.task:
        case "binary" | "multilabel":
            loss, head = "binary", "" if logits else "sigmoid"
            two = recipe.data.task == "binary" and random.random() < 0.2
            if two:  # two classes as two scores
                return _exclusive(random, recipe, logits)
        case "multiclass":
            return _exclusive(random, recipe, logits)
        case "regression":
            loss = random.choice(("mse", "mse", "mse", "mae", "huber"))
            head, logits = "", False
    units = recipe.data.outputs if recipe.data.task == "multilabel" else 1
    return replace(recipe, loss=loss, head=head, logits=logits, units=units)


def _exclusive(random: Random, recipe: Recipe, logits: bool) -> Recipe:
    recipe = replace(recipe, units=recipe.data.outputs)
    if recipe.written == "torch" and not logits:
        return replace(recipe, loss="nll", head="log_softmax", logits=False)
    labels = "one_hot" if recipe.written == "keras" and random.random() < 0.5 else "plain"
    head = "" if logits else "softmax"
    return replace(
        recipe,
        loss="cross_entropy",
        head=head,
        logits=logits,
        labels=labels,  # type: ignore[arg-type]
    )


def _optimizer(random: Random, recipe: Recipe) -> Recipe:
    name = random.choice(OPTIMIZERS)
    if recipe.cell and name == "sgd":
        name = "adam"
    rate: float | None = random.choice(RATES[name])
    if USUAL.get(name) == rate and name in ("adam", "adamw") and random.random() < 0.5:
        rate = None
    decay = random.choice((1e-4, 1e-2)) if name == "adamw" else 0.0
    if name == "adam" and recipe.written == "torch" and random.random() < 0.1:
        decay = 1e-4
    if name == "momentum":
        return replace(recipe, optimizer="sgd", momentum=0.9, learning_rate=rate)
    return replace(recipe, optimizer=name, learning_rate=rate, weight_decay=decay)


def _length(random: Random, recipe: Recipe) -> Recipe:
    """Enough steps to learn, in batches that are small beside the set."""
    samples = recipe.data.samples
    if recipe.data.small:
        return _small_length(random, recipe)
    usual = (8, 16, 32, 32, 64) if recipe.filters else (8, 16, 32, 32, 64, 128, 256)
    sizes = [size for size in usual if size <= samples // 4]
    size = random.choice(sizes)
    per_epoch = -(-samples // size)
    epochs = random.choice([e for e in (5, 10, 20, 30, 50, 100, 200) if e * per_epoch >= 200])
    return replace(recipe, batch_size=size, epochs=epochs)


def _small_length(random: Random, recipe: Recipe) -> Recipe:
    """All rows at once or one by one, for as many epochs as they then need."""
    samples = recipe.data.samples
    size = random.choice((samples, samples, min(samples, 32), 1, 4))
    per_epoch = -(-samples // size)
    enough = [e for e in (20, 50, 100, 200, 500, 1000, 2000, 5000) if e * per_epoch >= 500]
    rate = recipe.learning_rate
    if recipe.optimizer != "sgd" and random.random() < 0.5:
        rate = random.choice((0.01, 0.01, 0.03))
    if recipe.optimizer == "sgd":
        rate = random.choice((0.05, 0.1, 0.3, 0.5))
    return replace(recipe, batch_size=size, epochs=random.choice(enough[:3]), learning_rate=rate)
