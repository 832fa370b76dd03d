"""Takes the census: parameters, modes, loaded weights, and the graphs that losses leave behind."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Set
from itertools import islice
from typing import Any

from . import torch_layers as layers
from .recorder import Recorder
from .torch_calls import Calls
from .torch_census_after import Afterwards
from .torch_census_loading import Loads
from .torch_census_modes import Modes
from .torch_census_parameters import (
    MOST_ENTRIES,
    MOST_PARAMETERS,
    FrozenNorms,
    Gradients,
    ineffective_flags,
    plain_containers,
    repeated_modules,
    still_parameters,
)
from .torch_cycle import parameters_of
from .torch_listening import Listening
from .torch_recording import Facts
from .torch_report import Report

MARK = "faultline_census"
MOST_TOKENS = 200


class _Token:
    """Lives as long as the graph node that carries it."""


class Census:
    """The facts of `analyzer.observed.census.Census`."""

    def __init__(self, recorder: Recorder, report: Report, calls: Calls, heard: Listening) -> None:
        self._recorder, self._report = recorder, report
        self._calls, self._heard = calls, heard
        self.modes = Modes(recorder)
        self.loads = Loads(recorder)
        self.gradients = Gradients()
        self.norms = FrozenNorms()
        self.after = Afterwards(recorder)
        self._tokens: list[weakref.ref[_Token]] = []
        self._retained = self._losses = 0
        self._of_model: tuple[int, frozenset[int]] = (0, frozenset())
        self._averages_ran: set[int] = set()
        listen, calls.on_root = calls.on_root, self._called
        self._listen = listen
        recorder.before_stop = self._goes_on

    def install(self, torch: Any) -> None:
        """Follow modes and loading."""
        self.modes.install(torch)
        self.loads.install(torch)

    def _goes_on(self) -> bool:
        return not self._report.of_another and self.after.begin()

    # Passes

    def _called(self, module: Any, arguments: Any) -> bool:
        if not self._is_plain_pass(module):
            self._recorder.guarded(self._note_pass, module, arguments)
        if self.after.active and self._trains(module):
            return False
        return bool(self._listen(module, arguments))

    def _is_plain_pass(self, module: Any) -> bool:
        """Whether it is a training pass on what comes from no loader, behind another such pass."""
        if self.modes.waiting or self._report.batches.last is not None:
            return False
        return self._trains(module) and type(module).__name__ != "AveragedModel"

    def _trains(self, module: Any) -> bool:
        return bool(module.training and self._calls.gradients_on())

    def _note_pass(self, module: Any, arguments: Any) -> None:
        if type(module).__name__ == "AveragedModel":
            self._averages_ran.add(id(module))
        if self._report.dynamics.step == 0 and not self._heard.complete:
            return
        if id(module) in self._roots():
            self.modes.passed(module, arguments, self._other_loader(arguments))

    def _roots(self) -> frozenset[int]:
        model = self._heard.model
        if model is not None and self._of_model[0] != id(model):
            self._of_model = (id(model), frozenset(map(id, (*model.roots, *model.trees))))
        return self._of_model[1] if model is not None else frozenset()

    def _other_loader(self, arguments: Any) -> bool | None:
        """Whether the batch is the last one of a loader that is not trained on; None: of none."""
        loader, batch = self._report.batches.last or (None, [])
        tensor = layers.first_tensor(layers.tensors_in(arguments))
        sizes = {part.shape[0] for part in batch if part.dim()}
        if loader is None or tensor is None or not tensor.dim() or tensor.shape[0] not in sizes:
            return None
        return not self._is_trained(loader)

    def _is_trained(self, loader: Any) -> bool:
        return id(loader) in self._report.loaders.trained or loader is self._report.batches.loader

    def fetching(self, iterator: Any) -> bool:
        """A loader is asked for a batch; whether it is to end its epoch here.

        The training loader's next batch tells that the passes before it belong to no training step.
        """
        loader = self._report.batches.loader_of(iterator)
        trained = loader is not None and self._is_trained(loader)
        if trained:
            self.modes.commit()
        self.modes.fetched()
        return self.after.ends(iterator, trained)

    # Backward and step

    def before_backward(self, tensor: Any, in_eval_mode: bool) -> None:
        """A backward pass begins from this tensor."""
        self.modes.before_backward(in_eval_mode)
        node = getattr(tensor, "grad_fn", None)
        if node is None or self.after.active:
            return
        self._tokens = [token for token in self._tokens if token() is not None]
        self._retained = max(self._retained, len(self._tokens) - 1)
        self._losses += 1
        if len(self._tokens) < MOST_TOKENS and MARK not in node.metadata:
            token = _Token()
            for kept in _loss_nodes(node):
                kept.metadata[MARK] = token
            self._tokens.append(weakref.ref(token))

    def before_step(self, optimizer: Any, stepping: Set[int]) -> None:
        """An optimizer is about to step on these parameters."""
        if self._heard.trains_model(stepping):
            self.modes.before_step(int(self._recorder.trace()["steps"]))
        if not self.after.active:
            self.gradients.look(optimizer, stepping)
            if self._heard.model is not None and not self.norms.started:
                self.norms.start(self._heard.model.trees)

    # The end

    def finish(self) -> None:
        """Write what was counted."""
        trees = self._trees()
        if not trees:
            return
        made = self._report.constructed
        held = [p for o in self._report.optimizers.living() for p in parameters_of(o)]
        inside = {id(p): p for tree in trees for p in tree.parameters()}
        self._recorder.facts["census"] = {
            "total": len(inside),
            "trainable": sum(p.requires_grad for p in inside.values()),
            "held": len({id(p) for p in held}),
            "held_frozen": sum(not p.requires_grad for p in {id(p): p for p in held}.values()),
            "model": type(trees[0]).__name__,
            "model_site": made.site(trees[0]),
            "steps": self.gradients.steps,
            "parameters": _first(
                still_parameters(trees, self.gradients, self._calls.active, made), MOST_PARAMETERS
            ),
            "plain_containers": _first(plain_containers(trees, {id(p) for p in held}, made)),
            "repeated_modules": _first(repeated_modules(trees, made)),
            "ineffective_flags": _first(ineffective_flags(trees)),
            "frozen_norm": self.norms.facts(made),
            "evaluations": self.modes.facts(),
            "evaluated": self.modes.evaluated,
            "mode_lost": self.modes.lost,
            "retained": self._retained,
            "losses": self._losses,
            "loaded": self.loads.facts,
            "averages": self._averages(),
            **self._epoch(),
        }

    def _trees(self) -> list[Any]:
        if self._heard.model is not None:
            return list(self._heard.model.trees)
        return self._report.trees(list(self._heard.called.values()))

    def _averages(self) -> list[Facts]:
        found = [m for m in self._report.living_modules() if type(m).__name__ == "AveragedModel"]
        return [
            {
                "updates": int(model.n_averaged),
                "ran": id(model) in self._averages_ran,
                "site": self._report.constructed.site(model),
            }
            for model in found[:16]
            if hasattr(model, "n_averaged")
        ]

    def _epoch(self) -> Facts:
        """Samples of an epoch and what becomes of the last batch, where PyTorch decides that."""
        loader = self._report.batches.loader
        if type(getattr(loader, "batch_sampler", None)).__name__ != "BatchSampler":
            return {}
        try:
            samples = len(loader.sampler)
        except (TypeError, NotImplementedError):
            return {}
        site = self._report.constructed.site(loader)
        return {"epoch_samples": samples, "drop_last": loader.drop_last, "loader_site": site}


def _loss_nodes(node: Any) -> list[Any]:
    """The node of the differentiated value, and of the loss that it is a multiple of."""
    if type(node).__name__ not in ("MulBackward0", "DivBackward0"):
        return [node]
    inner = [n for n, _ in node.next_functions if n is not None]
    return [node, *inner] if len(inner) == 1 else [node]


def _first(entries: Iterable[Facts], most: int = MOST_ENTRIES) -> list[Facts]:
    return list(islice(entries, most))
