"""Reading the calls of mixed precision: scalers that were asked for, and their names."""

from __future__ import annotations

import re

from analyzer.observed import Site
from analyzer.observed.order import CallOrder
from analyzer.rules.reading.order import bare_statement, text_of
from analyzer.source.calls import SourceIndex

STEPPED = re.compile(r"^([A-Za-z_][\w.]*)\.step\(\s*([A-Za-z_][\w.]*)")
SCALED = re.compile(r"([A-Za-z_][\w.]*)\.scale\(")


def scales(order: CallOrder) -> bool:
    """Whether the program asked for a scaler; one that finds no device here still counts."""
    return any(scaler.wanted for scaler in order.scalers)


def scaler_and_optimizer(source: SourceIndex, order: CallOrder) -> tuple[str, str] | None:
    """The names in ``scaler.step(optimizer)``; None when it is not written so or several times."""
    sites = [call.site for call in order.calls if call.kind == "scaler_step"]
    statement = bare_statement(source, sites[0]) if len(sites) == 1 else None
    match = STEPPED.match(text_of(source, statement)) if statement else None
    return (match[1], match[2]) if match else None


def scaler_name(source: SourceIndex, site: Site | None) -> str | None:
    """The scaler in ``scaler.scale(loss).backward()``."""
    statement = bare_statement(source, site)
    match = SCALED.search(text_of(source, statement)) if statement else None
    return match[1] if match else None
