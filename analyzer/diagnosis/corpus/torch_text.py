"""A recipe as a PyTorch program."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.diagnosis.corpus.recipe import Recipe, Role
from analyzer.diagnosis.corpus.text import Lines, number, write_data, write_imports

MODULES = {
    "relu": "nn.ReLU()",
    "tanh": "nn.Tanh()",
    "elu": "nn.ELU()",
    "gelu": "nn.GELU()",
    "leaky_relu": "nn.LeakyReLU()",
    "sigmoid": "nn.Sigmoid()",
    "softmax": "nn.Softmax(dim=1)",
    "log_softmax": "nn.LogSoftmax(dim=1)",
}
FUNCTIONS = {
    "relu": "torch.relu(x)",
    "tanh": "torch.tanh(x)",
    "elu": "F.elu(x)",
    "gelu": "F.gelu(x)",
    "leaky_relu": "F.leaky_relu(x)",
    "sigmoid": "torch.sigmoid(x)",
    "softmax": "F.softmax(x, dim=1)",
    "log_softmax": "F.log_softmax(x, dim=1)",
}
LOSSES = {
    "cross_entropy": "nn.CrossEntropyLoss()",
    "nll": "nn.NLLLoss()",
    "mse": "nn.MSELoss()",
    "mae": "nn.L1Loss()",
    "huber": "nn.SmoothL1Loss()",
    "hinge": "nn.HingeEmbeddingLoss()",
}
OPTIMIZERS = {
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
    "nadam": "NAdam",
    "sgd": "SGD",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
}
CELLS = {"lstm": "nn.LSTM", "gru": "nn.GRU", "rnn": "nn.RNN"}
Part = tuple[str, str, tuple[Role, ...]]
"""Name of a module (empty for functions), its expression or activation, its roles."""


def torch_program(recipe: Recipe) -> Lines:
    """The program."""
    lines = Lines()
    write_imports(lines, recipe)
    lines.add("import torch")
    lines.add("import torch.nn.functional as F")
    lines.add("from torch import nn")
    if recipe.spelling.loader:
        lines.add("from torch.utils.data import DataLoader, TensorDataset")
    lines.add("")
    lines.add("torch.set_num_threads(1)")  # threads of small steps wait for each other
    lines.add("")
    write_data(lines, recipe)
    lines.add("")
    _tensors(lines, recipe)
    lines.add("")
    write_network(lines, recipe)
    lines.add("")
    _training(lines, recipe)
    return lines


def _tensors(lines: Lines, recipe: Recipe) -> None:
    suffixes = ("", "_test") if recipe.spelling.validation else ("",)
    for suffix in suffixes:
        numbers = "long" if recipe.embedding else "float32"
        lines.add(f"X{suffix} = torch.tensor(X{suffix}, dtype=torch.{numbers})", "data")
        if recipe.data.form == "images" and recipe.filters:
            lines.add(f"X{suffix} = X{suffix}.permute(0, 3, 1, 2).contiguous()", "data")
        lines.add(f"y{suffix} = {_target(recipe, 'y' + suffix)}", "labels")


def _target(recipe: Recipe, name: str) -> str:
    exclusive = recipe.units > 1 and recipe.data.task in ("binary", "multiclass")
    if recipe.loss in ("cross_entropy", "nll"):
        return f"torch.tensor({name}.copy(), dtype=torch.long)"
    if exclusive:
        long = f"torch.tensor({name}.copy(), dtype=torch.long)"
        return f"F.one_hot({long}, {recipe.units}).float()"
    tail = "" if recipe.units > 1 else ".unsqueeze(1)"
    return f"torch.tensor({name}.copy(), dtype=torch.float32){tail}"


def _parts(recipe: Recipe) -> Iterator[Part]:
    """The modules and activations in order."""
    width = recipe.data.shape[-1]
    side = recipe.data.shape[0]
    if recipe.embedding:
        yield "words", f"nn.Embedding({recipe.data.vocabulary}, {recipe.embedding})", ()
        width = recipe.embedding
    for i, filters in enumerate(recipe.filters):
        yield f"conv{i}", f"nn.Conv2d({width}, {filters}, 3, padding=1)", ("hidden", "initializer")
        if recipe.batch_norm:
            yield f"norm{i}", f"nn.BatchNorm2d({filters})", ()
        yield from _activated(recipe)
        if side >= 4:
            yield f"pool{i}", "nn.MaxPool2d(2)", ()
            side //= 2
        width = filters
    if recipe.filters:
        width *= side * side
        yield "flatten", "nn.Flatten()", ()
    elif not recipe.cell and (len(recipe.data.shape) > 1 or recipe.embedding):
        width = recipe.embedding or 1
        for size in recipe.data.shape:
            width *= size
        yield "flatten", "nn.Flatten()", ()
    if recipe.cell:
        cell = f"{CELLS[recipe.cell]}({width}, {recipe.cell_units}, batch_first=True)"
        yield "cell", cell, ("hidden", "initializer")
        width = recipe.cell_units
    yield from _dense(recipe, width)


def _dense(recipe: Recipe, width: int) -> Iterator[Part]:
    for i, units in enumerate(recipe.widths):
        yield f"fc{i}", f"nn.Linear({width}, {units})", ("hidden", "initializer")
        if recipe.batch_norm and not recipe.filters:
            yield f"bn{i}", f"nn.BatchNorm1d({units})", ()
        yield from _activated(recipe)
        width = units
    if recipe.dropout and not recipe.widths:
        yield "drop", f"nn.Dropout({recipe.dropout})", ("dropout",)
    yield "out", f"nn.Linear({width}, {recipe.units})", ("output", "initializer")
    if recipe.head and recipe.head != "linear":
        yield "", recipe.head, ("output",)


def _activated(recipe: Recipe) -> Iterator[Part]:
    if recipe.activation:
        yield "", recipe.activation, ("hidden",)
    if recipe.dropout:
        yield "", f"dropout:{recipe.dropout}", ("dropout",)


def _expression(part: Part) -> str:
    name, what, _ = part
    if name:
        return what
    return f"nn.Dropout({what[8:]})" if what.startswith("dropout:") else MODULES[what]


def write_network(lines: Lines, recipe: Recipe) -> None:
    """The model, with its initial weights."""
    if recipe.spelling.model == "subclass" or recipe.cell:
        _class(lines, recipe)
        lines.add("model = Net()")
    else:
        with lines.block("model = nn.Sequential("):
            for part in _parts(recipe):
                lines.add(_expression(part) + ",", *part[2])
        lines.add(")")
    _initialize(lines, recipe)


def _class(lines: Lines, recipe: Recipe) -> None:
    parts = list(_parts(recipe))
    with lines.block("class Net(nn.Module):"):
        with lines.block("def __init__(self):"):
            lines.add("super().__init__()")
            for name, what, roles in parts:
                if name:
                    lines.add(f"self.{name} = {what}", *roles)
            if any(what.startswith("dropout:") for _, what, _ in parts):
                lines.add(f"self.dropout = nn.Dropout({recipe.dropout})", "dropout")
        lines.add("")
        with lines.block("def forward(self, x):"):
            for name, what, roles in parts:
                if name == "cell":
                    lines.add("x, _ = self.cell(x)", *roles)
                    lines.add("x = x[:, -1]")
                elif name:
                    lines.add(f"x = self.{name}(x)", *roles)
                else:
                    drops = what.startswith("dropout:")
                    lines.add(f"x = {'self.dropout(x)' if drops else FUNCTIONS[what]}", *roles)
            lines.add("return x")
    lines.add("")


def _initialize(lines: Lines, recipe: Recipe) -> None:
    call = {
        "zeros": "nn.init.zeros_(layer.weight)",
        "constant": "nn.init.constant_(layer.weight, 0.5)",
        "large": "nn.init.normal_(layer.weight, std=5.0)",
    }.get(recipe.initializer)
    if call is None:
        return
    with (
        lines.block("for layer in model.modules():", "initializer"),
        lines.block("if isinstance(layer, (nn.Linear, nn.Conv2d)):", "initializer"),
    ):
        lines.add(call, "initializer")
        if recipe.initializer == "zeros":
            lines.add("nn.init.zeros_(layer.bias)", "initializer")


def _optimizer(recipe: Recipe) -> str:
    words = ["model.out.parameters()" if _named(recipe) else "model[-1].parameters()"]
    if not recipe.partial:
        words = ["model.parameters()"]
    rate = recipe.learning_rate
    if rate is None and recipe.optimizer == "sgd":
        rate = 0.01
    if rate is not None:
        words.append(f"lr={number(rate)}")
    if recipe.momentum:
        words.append(f"momentum={recipe.momentum}")
    if recipe.weight_decay:
        words.append(f"weight_decay={number(recipe.weight_decay)}")
    return f"torch.optim.{OPTIMIZERS[recipe.optimizer]}({', '.join(words)})"


def _named(recipe: Recipe) -> bool:
    return recipe.spelling.model == "subclass" or bool(recipe.cell)


def _loss(recipe: Recipe) -> str:
    if recipe.loss == "binary":
        return "nn.BCEWithLogitsLoss()" if recipe.logits else "nn.BCELoss()"
    return LOSSES[recipe.loss]


def _training(lines: Lines, recipe: Recipe) -> None:
    lines.add(f"criterion = {_loss(recipe)}", "loss")
    write_optimizer(lines, recipe)
    if recipe.spelling.function:
        lines.add("")
        with lines.block("def train(model, criterion, optimizer):"):
            _loop(lines, recipe)
        lines.add("")
        lines.add("train(model, criterion, optimizer)")
    else:
        _loop(lines, recipe)


def write_optimizer(lines: Lines, recipe: Recipe) -> None:
    """The optimizer of the model."""
    lines.add(f"optimizer = {_optimizer(recipe)}", "optimizer")


def _loop(lines: Lines, recipe: Recipe) -> None:
    size = recipe.batch_size
    if recipe.spelling.loader:
        data = f"DataLoader(TensorDataset(X, y), batch_size={size}, shuffle=True)"
        lines.add(f"loader = {data}", "batch_size")
    with lines.block(f"for epoch in range({recipe.epochs}):", "epochs"):
        lines.add("model.train()")
        if recipe.spelling.loader:
            with lines.block("for xb, yb in loader:"):
                _step(lines)
        else:
            lines.add("order = torch.randperm(len(X))")
            with lines.block(f"for start in range(0, len(X), {size}):", "batch_size"):
                lines.add(f"rows = order[start : start + {size}]", "batch_size")
                lines.add("xb, yb = X[rows], y[rows]")
                _step(lines)
        if recipe.spelling.validation:
            lines.add("model.eval()")
            with lines.block("with torch.no_grad():"):
                lines.add("print(epoch, criterion(model(X_test), y_test).item())")


def _step(lines: Lines) -> None:
    lines.add("optimizer.zero_grad()")
    lines.add("loss = criterion(model(xb), yb)")
    lines.add("loss.backward()")
    lines.add("optimizer.step()")
