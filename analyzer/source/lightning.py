"""PyTorch Lightning: the trainer's fit call stands for the loop."""

from __future__ import annotations

from analyzer.observed import Site
from analyzer.source.machine import Machine
from analyzer.source.trained import calls_with_role
from analyzer.source.values import Known, Result


def trainer_of(reader: Machine) -> tuple[Site | None, int | None, Site | None]:
    """The fit call of a Lightning trainer and its number of epochs."""
    for seen in calls_with_role(reader, "torch", "fit"):
        trainer = seen.receiver
        if isinstance(trainer, Result):
            given = trainer.argument("max_epochs")
            held = given.value.value if given and isinstance(given.value, Known) else None
            count = held if isinstance(held, int) and not isinstance(held, bool) else None
            return seen.site(), count, given.site if given else None
    return None, None, None
