"""Faults that are seeded in sound programs: each changes one choice for the worse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from analyzer.diagnosis.corpus.recipe import Labels, Loss, Recipe, Role, Seeded
from analyzer.kinds import Kind

Change = Callable[[Recipe, Random], Recipe | None]

DEEP = 3  # hidden layers behind which a saturating activation stops the gradient
USUAL_RATE = {"sgd": 0.01, "adagrad": 0.01}


@dataclass(frozen=True, slots=True)
class Fault:
    """One way of being wrong.

    Attributes:
        change: the recipe with the fault; None where it does not apply.
        also: a second kind, for a mistake that is two at once, with its lines' purpose.
    """

    name: str
    kind: Kind
    role: Role
    change: Change
    also: tuple[Kind, Role] | None = None

    @property
    def seeded(self) -> tuple[Seeded, ...]:
        """What a program carries that has it."""
        one = Seeded(self.name, self.kind, self.role)
        return (one, Seeded(f"{self.name}_too", *self.also)) if self.also else (one,)

    @property
    def kinds(self) -> frozenset[Kind]:
        """What it is called."""
        return frozenset(seeded.kind for seeded in self.seeded)


def _rate(recipe: Recipe) -> float:
    return recipe.learning_rate or USUAL_RATE.get(recipe.optimizer, 1e-3)


def _high_rate(recipe: Recipe, random: Random) -> Recipe | None:
    by = random.choice((30.0, 100.0, 300.0, 1000.0))
    return replace(recipe, learning_rate=_round(_rate(recipe) * by))


def _low_rate(recipe: Recipe, random: Random) -> Recipe | None:
    by = random.choice((100.0, 300.0, 1000.0, 10_000.0))
    return replace(recipe, learning_rate=_round(_rate(recipe) / by))


def _round(rate: float) -> float:
    return float(f"{rate:.1g}")


def _slow_optimizer(recipe: Recipe, random: Random) -> Recipe | None:
    """Optimizers that hardly move at the rates that they are used with."""
    choices: list[tuple[str, float | None]] = [("adadelta", 1e-3), ("adagrad", 1e-3), ("sgd", 1e-3)]
    if recipe.written == "keras":
        choices = [("adadelta", None), ("adagrad", None), ("ftrl", None), ("sgd", None)]
    name, rate = random.choice(choices)
    if name == recipe.optimizer:
        return None
    return replace(recipe, optimizer=name, learning_rate=rate, momentum=0.0, weight_decay=0.0)


def _partial_optimizer(recipe: Recipe, random: Random) -> Recipe | None:
    del random
    return replace(recipe, partial=True) if recipe.written == "torch" and recipe.depth else None


def _heavy_decay(recipe: Recipe, random: Random) -> Recipe | None:
    name = recipe.optimizer if recipe.optimizer in ("adam", "adamw", "sgd") else "adamw"
    decay = random.choice((0.5, 1.0, 5.0))
    if name == "adamw" or recipe.written == "keras":
        decay = random.choice((20.0, 50.0, 100.0))  # times the learning rate
        name = "adamw"
    return replace(recipe, optimizer=name, weight_decay=decay, momentum=0.0)


def _loss(recipe: Recipe, random: Random) -> Recipe | None:
    """A loss of another task, under the output as it was."""
    match recipe.data.task:
        case "regression":
            # A classifier's loss on real numbers.
            return replace(recipe, loss="binary", logits=recipe.written == "torch")
        case "multiclass":
            if recipe.written == "torch":
                if recipe.loss == "nll":
                    return None
                scores: tuple[Loss, ...] = ("nll", "mse")
                return replace(recipe, loss=random.choice(scores), logits=False)
            others: tuple[Loss, ...] = ("mse", "mae", "binary", "hinge")
            other = random.choice(others)
            plain = other != "binary" and random.random() < 0.3
            needs: Labels = "plain" if plain else "one_hot"
            return replace(recipe, loss=other, labels=needs, logits=False)
        case "binary" if recipe.loss == "cross_entropy":
            return replace(recipe, loss=random.choice(("mse", "mae")), logits=False)
        case "binary":
            return replace(recipe, loss=random.choice(("mse", "mae", "hinge")), logits=False)
        case "multilabel":
            keras: tuple[Loss, ...] = ("cross_entropy", "mae", "mse")
            other = random.choice(keras if recipe.written == "keras" else keras[1:2])
            return replace(recipe, loss=other, logits=False, labels="plain")


def _head(recipe: Recipe, random: Random) -> Recipe | None:
    """An output activation that does not go with the task or the loss."""
    match recipe.loss:
        case "cross_entropy" if recipe.logits:
            return replace(recipe, head=random.choice(("softmax", "softmax", "sigmoid", "relu")))
        case "cross_entropy":
            return replace(recipe, head=random.choice(("", "relu", "sigmoid", "tanh")))
        case "nll":
            return replace(recipe, head=random.choice(("", "relu", "softmax")))
        case "binary" if recipe.logits:
            return replace(recipe, head=random.choice(("sigmoid", "relu", "softmax")))
        case "binary":
            heads = ["softmax", "softmax"]
            if recipe.written == "keras":  # PyTorch's loss refuses what is no probability
                heads += ["", "relu", "tanh", "linear"]
            return replace(recipe, head=random.choice(heads))
    return None


def _narrow_head(recipe: Recipe, random: Random) -> Recipe | None:
    """An output activation that does not come to where the targets are."""
    if recipe.data.task != "regression":
        return None
    return replace(recipe, head=random.choice(("sigmoid", "relu", "softmax", "tanh")))


def _other_task(recipe: Recipe, random: Random) -> Recipe | None:
    """Output and loss of another task, which go together but not with the labels."""
    keras = recipe.written == "keras"
    match recipe.data.task:
        case "multiclass" if keras:
            wrong: tuple[tuple[Loss, str], ...] = (
                ("binary", "sigmoid"),
                ("mse", ""),
                ("mse", "sigmoid"),
                ("mae", "relu"),
            )
            loss, head = random.choice(wrong)
            return _with_output(recipe, loss, head, labels="one_hot")
        case "multiclass" if recipe.units > 1:
            return _with_output(recipe, "mse", random.choice(("", "relu", "tanh")))
        case "binary" if recipe.units == 1:
            return _with_output(
                recipe, random.choice(("mse", "mae")), random.choice(("", "relu", "softmax"))
            )
        case "binary" if keras:
            return _with_output(recipe, "mse", random.choice(("", "relu")), labels="one_hot")
        case "regression":
            head = random.choice(("sigmoid", "sigmoid", "softmax"))
            return _with_output(recipe, "binary", head) if keras else None
        case "multilabel" if keras:
            return _with_output(recipe, "cross_entropy", "softmax")
    return None


def _with_output(recipe: Recipe, loss: Loss, head: str, labels: Labels = "plain") -> Recipe:
    return replace(recipe, loss=loss, head=head, logits=False, labels=labels)


def _no_activation(recipe: Recipe, random: Random) -> Recipe | None:
    del random
    return replace(recipe, activation="") if recipe.widths or recipe.filters else None


def _saturating(recipe: Recipe, random: Random) -> Recipe | None:
    if not (recipe.widths or recipe.filters):
        return None
    others = ["softmax", "sigmoid"] if recipe.depth >= DEEP else ["softmax"]
    name = random.choice(others)
    norm = recipe.batch_norm and name == "softmax"
    return replace(recipe, activation=name, batch_norm=norm)


def _initializer(recipe: Recipe, random: Random) -> Recipe | None:
    if not recipe.depth or recipe.cell:
        return None
    return replace(recipe, initializer=random.choice(("zeros", "constant", "large")))


def _unscaled(recipe: Recipe, random: Random) -> Recipe | None:
    del random
    return replace(recipe, scaled=False) if recipe.data.scaling else None


def _unscaled_target(recipe: Recipe, random: Random) -> Recipe | None:
    del random
    return replace(recipe, target_scaled=False) if recipe.data.target_scaling else None


def _tiny_batch(recipe: Recipe, random: Random) -> Recipe | None:
    if recipe.data.small:
        return None
    epochs = max(1, recipe.epochs * min(2, recipe.batch_size) // recipe.batch_size)
    return replace(recipe, batch_size=random.choice((1, 1, 2)), epochs=max(epochs, 3))


def _whole_batch(recipe: Recipe, random: Random) -> Recipe | None:
    """One step an epoch, for as many epochs as the program has."""
    del random
    if recipe.data.small or recipe.epochs > 100:
        return None
    return replace(recipe, batch_size=recipe.data.samples)


def _few_epochs(recipe: Recipe, random: Random) -> Recipe | None:
    size = recipe.batch_size
    if recipe.data.small:
        return replace(recipe, epochs=random.choice((1, 2, 5, 10)))
    if recipe.data.samples > 20 * size:
        size = random.choice((64, 128, 256))
    return replace(recipe, epochs=random.choice((1, 1, 2)), batch_size=size)


def _shuffled_labels(recipe: Recipe, random: Random) -> Recipe | None:
    return replace(recipe, labels=random.choice(("shuffled", "rolled")))


def _plus_minus(recipe: Recipe, random: Random) -> Recipe | None:
    del random
    if recipe.loss == "binary" and recipe.data.task == "binary":
        allowed = recipe.written == "keras" or recipe.logits
        return replace(recipe, labels="plus_minus") if allowed else None
    return None


def _heavy_dropout(recipe: Recipe, random: Random) -> Recipe | None:
    return replace(recipe, dropout=random.choice((0.9, 0.95))) if recipe.depth >= 1 else None


FAULTS: tuple[Fault, ...] = (
    Fault("high_rate", "learning_rate", "optimizer", _high_rate),
    Fault("low_rate", "learning_rate", "optimizer", _low_rate),
    Fault("slow_optimizer", "optimizer", "optimizer", _slow_optimizer),
    Fault("partial_optimizer", "optimizer", "optimizer", _partial_optimizer),
    Fault("heavy_decay", "optimizer", "optimizer", _heavy_decay),
    Fault("foreign_loss", "loss", "loss", _loss),
    Fault("unfit_head", "output_activation", "output", _head),
    Fault("narrow_head", "output_activation", "output", _narrow_head),
    Fault("other_task", "output_activation", "output", _other_task, also=("loss", "loss")),
    Fault("no_activation", "hidden_activation", "hidden", _no_activation),
    Fault("saturating_activation", "hidden_activation", "hidden", _saturating),
    Fault("unfit_initializer", "initializer", "initializer", _initializer),
    Fault("unscaled_inputs", "normalization", "data", _unscaled),
    Fault("unscaled_target", "normalization", "data", _unscaled_target),
    Fault("tiny_batch", "batch_size", "batch_size", _tiny_batch),
    Fault("whole_batch", "batch_size", "batch_size", _whole_batch),
    Fault("few_epochs", "epochs", "epochs", _few_epochs),
    Fault("shuffled_labels", "label_encoding", "labels", _shuffled_labels),
    Fault("plus_minus_labels", "label_encoding", "labels", _plus_minus),
    Fault("heavy_dropout", "dropout", "dropout", _heavy_dropout),
)

ALWAYS = frozenset({"plus_minus_labels", "other_task", "unfit_head"})
"""Faults that matter whatever a short training shows: a loss without a lower bound, and outputs
that their loss or their task has no use for."""

COMMON: Mapping[Kind, float] = {
    "output_activation": 3.0,
    "loss": 3.0,
    "normalization": 2.0,
    "learning_rate": 2.0,
    "hidden_activation": 1.5,
    "label_encoding": 0.6,
    "dropout": 0.6,
    "batch_size": 0.7,
}
"""How much likelier than others a kind is tried: what questions about programs are mostly about."""


def applicable(recipe: Recipe, random: Random) -> Iterator[tuple[Fault, Recipe]]:
    """Every fault that this program can have, with the program that has it."""
    for fault in FAULTS:
        changed = fault.change(recipe, random)
        if changed is not None and changed != recipe:
            yield fault, changed
