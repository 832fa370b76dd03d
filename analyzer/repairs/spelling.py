"""How a program would write things that it does not write yet: in its own framework's names."""

from __future__ import annotations

from analyzer.fixing.edits import Change, Declined, EnsureImport, ReplaceExpression
from analyzer.rules.base import Program
from analyzer.rules.reading.mends import compile_call
from analyzer.source.calls import Argument

OPTIMIZER_CLASSES = {
    "adam": "Adam",
    "adamw": "AdamW",
    "nadam": "Nadam",
    "adamax": "Adamax",
    "rmsprop": "RMSprop",
    "sgd": "SGD",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
}
ROOTS = {"keras": "keras", "tf.keras": "tensorflow.keras", "torch": "torch"}


def module(program: Program, part: str) -> str:
    """A module of the program's framework as it would import it: "keras.optimizers"."""
    return f"{ROOTS[program.framework]}.{part}"


def optimizer_argument(program: Program) -> Argument | None:
    """The optimizer argument of the compile call."""
    call = compile_call(program)
    return call.argument("optimizer", 0) if call else None


def optimizer_call(program: Program, name: str, rate: str) -> tuple[Change, ...] | Declined:
    """Write a constructor with a rate where compile names its optimizer by a string."""
    cls, argument = OPTIMIZER_CLASSES.get(name), optimizer_argument(program)
    if cls is None or argument is None or not isinstance(argument.value, str):
        return Declined("the optimizer is not written as a name that one edit can change")
    return (
        ReplaceExpression(argument.value_site or argument.site, f"{cls}(learning_rate={rate})"),
        EnsureImport(module(program, "optimizers"), cls),
    )
