"""Models that are made anew after an optimizer was built over their parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.source.calls import CallSite, SourceIndex

PARAMETERS = re.compile(r"^\s*([A-Za-z_][\w.]*)\.parameters\(\s*\)\s*$")


def trained_name(optimizer: CallSite) -> str | None:
    """The model whose parameters an optimizer is given: "net" for ``net.parameters()``."""
    given = optimizer.argument("params", 0)
    match = PARAMETERS.match(given.text) if given else None
    return match.group(1) if match else None


def rebuilt_models(source: SourceIndex) -> Iterator[tuple[CallSite, CallSite]]:
    """Optimizers with the call that later makes their model anew, in the same function."""
    for optimizer in source.by_role("optimizer"):
        name = trained_name(optimizer)
        for model in source.by_role("model"):
            later = model.site.line > optimizer.site.line and model.loops == optimizer.loops
            same = model.site.path == optimizer.site.path and model.function == optimizer.function
            if name is not None and later and same and _assigned(source, model) == name:
                if not _optimized_again(source, model, name):
                    yield optimizer, model
                break


def _assigned(source: SourceIndex, model: CallSite) -> str | None:
    """The name that takes the model, also through ``Net().to(device)``."""
    if model.target is not None:
        return model.target
    line = source.lines[model.statement.line - 1] if model.site.path == source.path else ""
    match = re.match(r"\s*([A-Za-z_][\w.]*)\s*=\s", line)
    return match.group(1) if match else None


def _optimized_again(source: SourceIndex, model: CallSite, name: str) -> bool:
    """Whether another optimizer is built over the new model."""
    return any(
        call.site.line > model.site.line and trained_name(call) == name
        for call in source.by_role("optimizer")
    )
