"""A recipe as a short PyTorch training that prints how well it does on samples held out.

It computes what the program computes, without its spelling: Keras' losses are written out, so that
one framework trains the programs of both. The score compares with the labels as they were before
any fault of labels: balanced accuracy of the decisions that the program's output stands for,
between chance (0) and perfection (1); R2 for numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analyzer.diagnosis.corpus.recipe import Recipe
from analyzer.diagnosis.corpus.text import Lines, write_imports, write_label_fault, write_samples
from analyzer.diagnosis.corpus.torch_text import write_network, write_optimizer

STEPS = 150
"""Of a check; smaller batches may take more, up to two passes or `MOST_STEPS`."""
MOST_STEPS = 600
SMALL_STEPS = 3000  # of the least sets, whose steps cost next to nothing
SECONDS = 6.0  # of processor time, for one training

HEADER = """
import json
import time
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import balanced_accuracy_score, r2_score
from torch import nn

warnings.simplefilter("ignore")
torch.set_num_threads(1)


def categorical(out, y, logits):
    if logits:
        return F.cross_entropy(out, y)
    out = (out / out.sum(1, keepdim=True)).clamp(1e-7, 1 - 1e-7)
    return F.nll_loss(torch.log(out), y)


def binary(out, y, logits):
    if logits:
        return F.binary_cross_entropy_with_logits(out, y)
    out = out.clamp(1e-7, 1 - 1e-7)
    return -(y * out.log() + (1 - y) * (1 - out).log()).mean()


def several(out, y, logits):
    scores = F.log_softmax(out, 1) if logits else (out / out.sum(1, keepdim=True)).clamp(1e-7).log()
    return -(y * scores).sum(1).mean()


def hinge(out, y, keras):
    if not keras:
        return F.hinge_embedding_loss(out, y)
    signs = torch.where(y == 0, -torch.ones_like(y), y)
    return (1 - signs * out).clamp(min=0).mean()


def score(out, truth, task, zero):
    if not np.isfinite(out).all():
        return 0.0
    if task == "regression":
        return float(r2_score(truth, out[:, 0]))
    if task == "multilabel":
        return float(np.mean([fair(truth[:, i], out[:, i] > zero) for i in range(out.shape[1])]))
    return fair(truth, out.argmax(1) if out.shape[1] > 1 else out[:, 0] > zero)


def fair(truth, guess):
    return float(balanced_accuracy_score(truth, np.asarray(guess).astype(int), adjusted=True))
"""

TRAINING = """
    parts = np.random.default_rng(3).permutation(len(X))
    held, own = parts[: len(X) // 4], parts[len(X) // 4 :]
    if {small}:
        held = own = parts
    X = torch.tensor(np.ascontiguousarray(X), dtype=torch.{numbers})
    if {images}:
        X = X.permute(0, 3, 1, 2).contiguous()
    y = {target}
    own, size, done = torch.tensor(own), {size}, 0
    started = time.process_time()
    while done < {steps} and time.process_time() - started < {seconds}:
        order = own[torch.randperm(len(own))]
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            if len(rows) == 1 < size:
                continue
            optimizer.zero_grad()
            out, yb = model(X[rows]), y[rows]
            loss = {loss}
            loss.backward()
            optimizer.step()
            done += 1
            if done >= {steps} or not torch.isfinite(loss):
                break
        if not torch.isfinite(loss):
            break
    model.eval()
    with torch.no_grad():
        out = model(X[held]).numpy()
    return score(out, truth[held], "{task}", {zero})
"""


def check_program(recipes: Sequence[Recipe]) -> str:
    """A script that trains these and prints a line with the list of their scores."""
    lines = Lines()
    for text in HEADER.strip("\n").split("\n"):
        lines.add(text)
    for number, recipe in enumerate(recipes):
        lines.add("")
        _function(lines, number, plain(recipe))
    lines.add("")
    lines.add("scores = []")
    with lines.block(f"for run in [{', '.join(f'run{i}' for i in range(len(recipes)))}]:"):
        with lines.block("try:"):
            lines.add("torch.manual_seed(0)")
            lines.add("scores.append(run())")
        with lines.block("except (RuntimeError, ValueError) as error:"):
            lines.add('print("broke", run, error)')
            lines.add("scores.append(None)")
    lines.add('print("SCORES " + json.dumps(scores))')
    return lines.text


def plain(recipe: Recipe) -> Recipe:
    """The recipe without its spelling, with the rates that its framework takes by itself."""
    rate = recipe.learning_rate
    if recipe.written == "keras" and rate is None and recipe.optimizer in SLOW:
        rate = 1e-3
    name = "adadelta" if recipe.optimizer == "ftrl" else recipe.optimizer
    spelling = replace(recipe.spelling, model="subclass", validation=False)
    return replace(recipe, learning_rate=rate, optimizer=name, spelling=spelling)


SLOW = ("adadelta", "adagrad", "ftrl")
"""Optimizers whose own rate is 0.001 in Keras; its Ftrl is about as slow as its Adadelta."""


def _function(lines: Lines, number: int, recipe: Recipe) -> None:
    write_imports(lines, recipe)
    with lines.block(f"def run{number}():"):
        write_samples(lines, recipe)
        lines.add("truth = y")
        write_label_fault(lines, recipe)
        write_network(lines, recipe)
        write_optimizer(lines, recipe)
    for text in TRAINING.format(**_facts(recipe)).strip("\n").split("\n"):
        lines.add(text)


def _facts(recipe: Recipe) -> dict[str, object]:
    size = recipe.batch_size
    most = max(STEPS, min(MOST_STEPS, 2 * recipe.data.samples // size))
    if recipe.data.small:
        most = SMALL_STEPS
    return {
        "images": bool(recipe.filters),
        "small": recipe.data.small,
        "numbers": "long" if recipe.embedding else "float32",
        "target": _target(recipe),
        "size": size,
        "seconds": SECONDS,
        "steps": min(recipe.steps, most),
        "loss": _loss(recipe),
        "task": recipe.data.task,
        "zero": 0.0 if recipe.logits or recipe.loss == "hinge" else 0.5,
    }


def _target(recipe: Recipe) -> str:
    exclusive = recipe.units > 1 and recipe.data.task in ("binary", "multiclass")
    if recipe.loss in ("cross_entropy", "nll") and exclusive:
        return "torch.tensor(np.ascontiguousarray(y), dtype=torch.long)"
    one_hot = recipe.written == "torch" or recipe.labels == "one_hot"
    if exclusive and one_hot:
        long = "torch.tensor(np.ascontiguousarray(y), dtype=torch.long)"
        return f"F.one_hot({long}, {recipe.units}).float()"
    column = "" if recipe.data.task == "multilabel" else ".unsqueeze(1)"
    return f"torch.tensor(np.ascontiguousarray(y), dtype=torch.float32){column}"


def _loss(recipe: Recipe) -> str:
    keras = recipe.written == "keras"
    match recipe.loss:
        case "cross_entropy" if recipe.data.task == "multilabel":
            return f"several(out, yb, {recipe.logits})"
        case "cross_entropy":
            return f"categorical(out, yb, {recipe.logits})"
        case "nll":
            return "F.nll_loss(out, yb)"
        case "binary":
            return f"binary(out, yb, {recipe.logits})"
        case "mse":
            return "((out - yb) ** 2).mean()"
        case "mae":
            return "(out - yb).abs().mean()"
        case "huber":
            return "F.smooth_l1_loss(out, yb)"
        case "hinge":
            return f"hinge(out, yb, {keras})"
