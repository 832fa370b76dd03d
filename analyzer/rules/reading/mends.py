"""Edits that several rules offer: another loss, another activation, no activation, a new value.

Each builder finds the exact range in the source and declines when there is none, because an edit
at a guessed place is worse than no edit.
"""

from __future__ import annotations

import re

from analyzer.fixing.edits import (
    Change,
    Declined,
    EnsureImport,
    FixPlan,
    RemoveArgument,
    RemoveStatement,
    ReplaceExpression,
    SetArgument,
    UnwrapCall,
)
from analyzer.observed import Layer, LossUse, Site
from analyzer.rules.base import Program
from analyzer.source.calls import Argument, CallSite, SourceIndex

TORCH_LOSSES = {
    "cross_entropy": "CrossEntropyLoss",
    "bce": "BCELoss",
    "bce_with_logits": "BCEWithLogitsLoss",
    "mse": "MSELoss",
    "nll": "NLLLoss",
}
TORCH_FUNCTIONS = {
    "cross_entropy": "cross_entropy",
    "bce": "binary_cross_entropy",
    "bce_with_logits": "binary_cross_entropy_with_logits",
    "mse": "mse_loss",
    "nll": "nll_loss",
}
KERAS_CLASSES = {
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "mean_squared_error": "MeanSquaredError",
}
ACTIVATION_CLASSES = {"sigmoid": "Sigmoid", "relu": "ReLU", "softmax": "Softmax"}
ACTIVATION_POSITION = {"Dense": 1, "Activation": 0}


def quoted(text: str, like: str) -> str:
    """A string literal with the quotes that the source uses at this place."""
    quote = "'" if like.lstrip().startswith("'") else '"'
    return f"{quote}{text}{quote}"


def text_at(source: SourceIndex, site: Site) -> str | None:
    """The source text of a range on one line of the program itself; else None."""
    if site.path != source.path or site.end_line != site.line or site.line > len(source.lines):
        return None
    return source.lines[site.line - 1][site.column : site.end_column] or None


def exact_call(source: SourceIndex, site: Site | None) -> CallSite | None:
    """The call that is written exactly at this site, or the only one on its line."""
    if site is None:
        return None
    on_line = [c for c in source.calls if (c.site.path, c.site.line) == (site.path, site.line)]
    exact = [call for call in on_line if call.site == site]
    return exact[0] if exact else (on_line[0] if len(on_line) == 1 else None)


def layer_call(source: SourceIndex, layer: Layer) -> CallSite | None:
    """The call that makes this layer: on its line, with its type's name."""
    site = layer.site
    if site is None:
        return None
    on_line = [c for c in source.calls if (c.site.path, c.site.line) == (site.path, site.line)]
    exact = [call for call in on_line if call.site == site]
    named = [call for call in on_line if call.name.lower() == layer.type.lower()]
    return exact[0] if exact else (named[0] if len(named) == 1 else None)


def activation_argument(call: CallSite) -> Argument | None:
    """The argument of a Keras layer that names its activation."""
    return call.argument("activation", ACTIVATION_POSITION.get(call.name))


def change_activation(program: Program, layer: Layer, new: str) -> FixPlan | Declined:
    """Make `layer` (fused, separate or functional) apply the activation `new`."""
    call = layer_call(program.source, layer)
    if call is None:
        return Declined("the layer's call was not found in the source")
    description = f"use {new} in place of {layer.activation or layer.type}"
    given = activation_argument(call) if program.framework != "torch" else None
    if given is not None:
        text = quoted(new, given.text)
        return FixPlan(description, (ReplaceExpression(given.site, text),))
    if program.framework == "torch":
        return _torch_activation(call, new, description)
    return Declined("the activation is not written as an argument that one edit can change")


def _torch_activation(call: CallSite, new: str, description: str) -> FixPlan | Declined:
    if call.name in ACTIVATION_CLASSES.values():
        prefix = f"{call.receiver}." if call.receiver else ""
        text = f"{prefix}{ACTIVATION_CLASSES[new]}()"
        changes: tuple[Change, ...] = (ReplaceExpression(call.site, text),)
        if not prefix:
            changes = (*changes, EnsureImport("torch.nn", ACTIVATION_CLASSES[new]))
        return FixPlan(description, changes)
    argument = call.arguments[0].text if call.arguments else call.receiver
    if call.name in ("softmax", "log_softmax", "sigmoid", "relu", "tanh") and argument:
        changes = (ReplaceExpression(call.site, f"torch.{new}({argument})"), EnsureImport("torch"))
        return FixPlan(description, changes)
    return Declined("the activation is not written as a call that one edit can change")


def add_activation(program: Program, layer: Layer, new: str) -> FixPlan | Declined:
    """Give a Keras layer without an activation the activation `new`."""
    call = layer_call(program.source, layer)
    if call is None:
        return Declined("the layer's call was not found in the source")
    if program.framework == "torch":
        return Declined("where the activation belongs in forward is the author's choice")
    position = ACTIVATION_POSITION.get(call.name)
    change = SetArgument(call.site, "activation", f'"{new}"', position)
    return FixPlan(f"add a {new} activation", (change,))


def drop_activation(program: Program, layer: Layer) -> FixPlan | Declined:
    """Take an activation away: its argument, its own layer, or the call around a value."""
    call = layer_call(program.source, layer)
    if call is None:
        return Declined("the activation's call was not found in the source")
    name = layer.activation or layer.type
    if layer.op != "activation":
        position = ACTIVATION_POSITION.get(call.name)
        change: Change = RemoveArgument(call.site, "activation", position)
        return FixPlan(f"remove the {name} activation", (change,))
    if program.framework == "torch":
        return _drop_in_torch(program, layer, call)
    if added_alone(program.source, call):
        return FixPlan(f"remove the {name} layer", (RemoveStatement(call.statement),))
    return Declined("the activation is part of a larger expression")


def added_alone(source: SourceIndex, call: CallSite) -> bool:
    """Whether the layer is the only one of its statement: ``model.add(Activation(...))``."""
    text = text_at(source, call.statement)
    inner = text_at(source, call.site)
    return (
        text is not None
        and inner is not None
        and text.replace(" ", "").endswith(f".add({inner.replace(' ', '')})")
    )


def _drop_in_torch(program: Program, layer: Layer, call: CallSite) -> FixPlan | Declined:
    name = call.name
    if name.islower() and call.role == "activation":
        if call.receiver and not call.arguments:
            return Declined("the activation is a method of the value")
        return FixPlan(f"return the values without {name}", (UnwrapCall(call.site),))
    if layer.call_site is not None and _applies_own(program.source, call, layer.call_site):
        return FixPlan(f"do not apply {name}", (UnwrapCall(layer.call_site),))
    prefix = f"{call.receiver}." if call.receiver else ""
    if prefix and name[:1].isupper():
        text = f"{prefix}Identity()"
        return FixPlan(f"put Identity in place of {name}", (ReplaceExpression(call.site, text),))
    return Declined("the activation is made in a way that one edit cannot undo")


def _applies_own(source: SourceIndex, made: CallSite, applied: Site) -> bool:
    """Whether `applied` is ``self.act(...)`` of the ``self.act = made`` in the source.

    A layer inside an `nn.Sequential` is applied where the whole model is called: unwrapping that
    call would take the model away.
    """
    statement, inner = text_at(source, made.statement), text_at(source, made.site)
    if not made.target or statement is None or inner is None:
        return False
    alone = re.sub(r"\s", "", statement) == re.sub(r"\s", "", f"{made.target}={inner}")
    text = text_at(source, applied) or ""
    return alone and text.startswith(f"{made.target}(")


def change_loss(program: Program, loss: LossUse, new: str) -> FixPlan | Declined:
    """Write the loss `new` (canonical name) where the program names its loss."""
    description = f"use {TORCH_LOSSES.get(new, new)}"
    if program.framework == "torch":
        return _torch_loss(program, loss, new, description)
    argument = loss_argument(program)
    if argument is None:
        return Declined("the loss argument was not found in the source")
    if isinstance(argument.value, str) and argument.text[:1] in "'\"":
        change = ReplaceExpression(argument.site, quoted(new, argument.text))
        return FixPlan(description, (change,))
    call = exact_call(program.source, argument.site)
    if call is not None and call.name in KERAS_CLASSES.values():
        head = f"{call.receiver}." if call.receiver else ""
        return FixPlan(
            description, (ReplaceExpression(call.site, f"{head}{KERAS_CLASSES[new]}()"),)
        )
    if argument.text:
        return FixPlan(description, (ReplaceExpression(argument.site, f'"{new}"'),))
    return Declined("the loss is not written as a name that one edit can change")


def compile_call(program: Program) -> CallSite | None:
    """The compile call that is known to matter, else the only one."""
    learner = program.learner
    call = program.source.at(learner.compile_site) if learner else None
    if call is not None and call.role == "compile":
        return call
    compiles = program.source.by_role("compile")
    return compiles[0] if len(compiles) == 1 else None


def loss_argument(program: Program) -> Argument | None:
    """The loss argument of the compile call."""
    call = compile_call(program)
    return call.argument("loss", 1) if call else None


def _torch_loss(program: Program, loss: LossUse, new: str, description: str) -> FixPlan | Declined:
    call = exact_call(program.source, loss.site)
    if call is None:
        return Declined("the loss constructor was not found in the source")
    if call.arguments and call.name.endswith("Loss"):
        return Declined("the loss has arguments of its own that another loss may not take")
    head = f"{call.receiver}." if call.receiver else ""
    if call.name.endswith("Loss"):
        text = f"{head}{TORCH_LOSSES[new]}()"
        changes: tuple[Change, ...] = (ReplaceExpression(call.site, text),)
        if not head:
            changes = (*changes, EnsureImport("torch.nn", TORCH_LOSSES[new]))
        return FixPlan(description, changes)
    if call.name in TORCH_FUNCTIONS.values() and head:
        inside = ", ".join(f"{a.keyword}={a.text}" if a.keyword else a.text for a in call.arguments)
        text = f"{head}{TORCH_FUNCTIONS[new]}({inside})"
        return FixPlan(description, (ReplaceExpression(call.site, text),))
    return Declined("the loss is not written as a call that one edit can change")


def together(description: str, *plans: FixPlan | Declined) -> FixPlan | Declined:
    """All of these plans as one; declined when any of them is."""
    changes: list[Change] = []
    for plan in plans:
        if isinstance(plan, Declined):
            return plan
        changes += plan.changes
    return FixPlan(
        description, tuple(changes), all(p.safe for p in plans if isinstance(p, FixPlan))
    )


def set_argument(
    call: CallSite | None, keyword: str, text: str, position: int | None = None
) -> FixPlan | Declined:
    """Give a call another value for one argument."""
    if call is None:
        return Declined("the call was not found in the source")
    given = call.argument(keyword, position)
    if given is not None:
        return FixPlan(f"set {keyword} to {text}", (ReplaceExpression(given.site, text),))
    return FixPlan(f"set {keyword} to {text}", (SetArgument(call.site, keyword, text, position),))
