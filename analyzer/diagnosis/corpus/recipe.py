"""What a generated program is made of, before it is written down in a framework's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzer.kinds import Kind

Written = Literal["torch", "keras"]
Task = Literal["binary", "multiclass", "multilabel", "regression"]
Form = Literal["tabular", "images", "sequence", "text"]
Loss = Literal["cross_entropy", "binary", "nll", "mse", "mae", "huber", "hinge"]
Labels = Literal["plain", "one_hot", "plus_minus", "shuffled", "rolled"]
Role = Literal[
    "data",
    "scaling",
    "labels",
    "hidden",
    "initializer",
    "dropout",
    "output",
    "loss",
    "optimizer",
    "batch_size",
    "epochs",
    "other",
]
"""What a line of a program is for; the lines of a fault are those with its role."""


SMALL = 60  # samples; with fewer none is set aside for a check


@dataclass(frozen=True, slots=True)
class Data:
    """A set of samples as the program makes it.

    Attributes:
        lines: Python statements that set `X` (samples first, channels last) and `y`.
        imports: names from scikit-learn that they use, by module.
        samples: how many; shape: of one sample, as `X` has it.
        outputs: classes, labels or targets.
        scaling: statements of `X` that a network needs, empty when it takes the values as they are.
        target_scaling: likewise of `y`.
        linear: whether a linear model does the task about as well as any other.
        vocabulary: number of different words of a text, 0 for numbers.
    """

    task: Task
    form: Form
    lines: tuple[str, ...]
    imports: tuple[tuple[str, str], ...]
    samples: int
    shape: tuple[int, ...]
    outputs: int
    scaling: tuple[str, ...] = ()
    target_scaling: tuple[str, ...] = ()
    linear: bool = False
    vocabulary: int = 0

    @property
    def small(self) -> bool:
        """Whether a program of a few lines would write these samples down, or nearly so."""
        return self.samples < SMALL


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the program is written; none of it changes what it computes.

    Attributes:
        model: the model's form; objects: layers' activations, losses and optimizers as objects.
        function: training and model in functions; loader: batches from a loader (PyTorch).
        old: imports in the words of `tensorflow.keras`.
        metrics: whether accuracy or error is asked for; validation: whether some rows are held out.
    """

    model: Literal["sequential", "added", "functional", "subclass"] = "sequential"
    objects: bool = False
    function: bool = False
    loader: bool = True
    old: bool = True
    metrics: bool = True
    validation: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """One program.

    Attributes:
        embedding: numbers for each word of a text, 0 without one.
        filters: of convolutions, before the dense layers; cell, cell_units: a recurrent layer.
        widths: of the hidden dense layers; activation: "" for none.
        initializer: "" for the framework's own; "zeros", "constant" or "large".
        head: activation of the output, "" for none; units: width of the output.
        logits: whether the loss takes scores before softmax or sigmoid.
        learning_rate: None for the optimizer's own.
        partial: whether the optimizer holds the last layer alone.
    """

    written: Written
    data: Data
    spelling: Spelling
    embedding: int = 0
    filters: tuple[int, ...] = ()
    cell: Literal["", "lstm", "gru", "rnn"] = ""
    cell_units: int = 0
    widths: tuple[int, ...] = ()
    activation: str = "relu"
    batch_norm: bool = False
    dropout: float = 0.0
    initializer: Literal["", "zeros", "constant", "large"] = ""
    head: str = ""
    units: int = 1
    loss: Loss = "mse"
    logits: bool = False
    labels: Labels = "plain"
    scaled: bool = True
    target_scaled: bool = True
    optimizer: str = "adam"
    learning_rate: float | None = None
    momentum: float = 0.0
    weight_decay: float = 0.0
    partial: bool = False
    batch_size: int = 32
    epochs: int = 20

    @property
    def depth(self) -> int:
        """Hidden layers with weights."""
        return len(self.filters) + bool(self.cell) + len(self.widths)

    @property
    def steps(self) -> int:
        """Training steps that the program plans."""
        return -(-self.data.samples // self.batch_size) * self.epochs


@dataclass(frozen=True, slots=True)
class Seeded:
    """A fault that was put into a program.

    Attributes:
        fault: which way of being wrong; kind: its word.
        role: the lines that carry it.
    """

    fault: str
    kind: Kind
    role: Role
