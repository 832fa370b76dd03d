"""All repairs, by the kind of fault that they mend; a bounded search when nothing explains."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from analyzer.kinds import Kind
from analyzer.repairs.architecture import batch_norms, depths, dropouts
from analyzer.repairs.base import Repair, Repairer
from analyzer.repairs.batches import batch_sizes
from analyzer.repairs.hidden import hidden_activations, initializers
from analyzer.repairs.inputs import inputs
from analyzer.repairs.learning_rates import learning_rates
from analyzer.repairs.optimizers import optimizers
from analyzer.repairs.outputs import outputs
from analyzer.repairs.priors import NO_PRIORS, Priors, weighed
from analyzer.repairs.sizes import epochs, filters, widths
from analyzer.rules.base import Program

REPAIRERS: dict[Kind, tuple[Repairer, ...]] = {
    "learning_rate": (learning_rates, optimizers),
    "optimizer": (optimizers, learning_rates),
    "loss": (outputs,),
    "output_activation": (outputs,),
    "normalization": (inputs,),
    "hidden_activation": (hidden_activations,),
    "initializer": (initializers,),
    "batch_size": (batch_sizes,),
    "label_encoding": (outputs,),
    "batch_norm": (batch_norms,),
    "depth": (depths,),
    "dropout": (dropouts,),
    "neurons": (widths,),
    "dense_layers": (widths,),
    "filters": (filters,),
    "kernel_size": (filters,),
    "epochs": (epochs,),
}

EVERY: tuple[Repairer, ...] = (
    outputs,
    inputs,
    learning_rates,
    hidden_activations,
    optimizers,
    initializers,
    batch_sizes,
    batch_norms,
    widths,
    epochs,
)

MOST_TRIED = 16
"""Single edits that a search without a suspicion tries at most."""


def repairs_for(kind: Kind, program: Program, priors: Priors = NO_PRIORS) -> tuple[Repair, ...]:
    """What may mend a fault of this kind, likeliest first; empty when no edit is known.

    Args:
        priors: how much the run speaks for each kind; what it speaks for comes before the rest.
    """
    found = (repair for make in REPAIRERS.get(kind, ()) for repair in make(program))
    return _ordered(weighed(found, priors))


def search(program: Program, priors: Priors = NO_PRIORS) -> tuple[Repair, ...]:
    """Single edits for a program that does not learn while no rule says why, likeliest first.

    Args:
        priors: as for `repairs_for`.
    """
    found = (repair for make in EVERY for repair in make(program))
    return tuple(islice(_ordered(weighed(found, priors)), MOST_TRIED))


def _ordered(found: Iterable[Repair]) -> tuple[Repair, ...]:
    """Each edit once, likeliest first."""
    once: dict[object, Repair] = {}
    for repair in found:
        once.setdefault(repair.plan.changes, repair)
    return tuple(sorted(once.values(), key=lambda repair: -repair.likelihood))
