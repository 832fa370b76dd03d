"""Every parameter of the model: who trains it, and whether it moved; the modes of the modules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from analyzer.observed.values import Name, Number, Site, Value

GradientSeen = Literal["none", "zero", "some"]


class ParameterSeen(Value):
    """One parameter tensor of the trained model, over all observed steps.

    Attributes:
        name: its path in the model: "features.0.weight"; owner: type of the module that holds it.
        site: where that module is made.
        elements: values in it.
        trainable: whether it may be trained; held: whether an optimizer holds it.
        gradient: "some" when any step found a gradient with a value other than zero; "zero" when
            every one was zero throughout; "none" when no backward pass ever reached it.
        ran: whether its module ran with gradients on; None when that was not followed.
    """

    name: Name
    owner: Name
    site: Site | None = None
    elements: int = 0
    trainable: bool = True
    held: bool = True
    gradient: GradientSeen = "some"
    ran: bool | None = None


class PlainContainer(Value):
    """Modules in a plain list, tuple or dict of a module, where PyTorch does not see them.

    Attributes:
        owner: type of the module that holds the container; attribute: its name there.
        kind: "list", "tuple" or "dict".
        modules, parameters: how many it holds.
        moved: parameters that got gradients, may be trained and are in no optimizer.
        site: where the first of the modules is made; owner_site likewise for the owner.
    """

    owner: Name
    attribute: Name
    kind: Name
    modules: int
    parameters: int
    moved: int
    site: Site | None = None
    owner_site: Site | None = None


class RepeatedModule(Value):
    """One module with parameters at several places of one container.

    Attributes:
        type: of the module; container: type of the container; places: how many.
        parameters: tensors that the places share.
        site: where the module is made; container_site likewise.
    """

    type: Name
    container: Name
    places: int
    parameters: int
    site: Site | None = None
    container_site: Site | None = None


class IneffectiveFlag(Value):
    """An attribute that looks like `requires_grad` and has no effect.

    Attributes:
        owner: "module" (a plain attribute beside its parameters) or "parameter" (a misspelling).
        name: of the module or parameter; attribute: as the program writes it.
        value: what it was set to.
        parameters: tensors whose own flag says the opposite.
    """

    owner: Literal["module", "parameter"]
    name: Name
    attribute: Name
    value: bool
    parameters: int


class FrozenNorm(Value):
    """Batch norm with frozen weights whose running statistics moved.

    Attributes:
        layers: how many of them moved, of all with frozen weights; first: name of one.
    """

    layers: int
    first: Name
    site: Site | None = None


class EvaluationSeen(Value):
    """A forward pass of the trained model on other data than it is trained on, by its place.

    Attributes:
        site: the call; function: name of the function that it stands in, "" at module level.
        calls: passes seen there.
        other_loader: whether its batch came from another loader than the training batches; None
            when it came from no loader.
        training: dropout and batch norm layers in train mode, of `modal` such layers that train;
        first_modal: name and type of one in train mode.
        gradients: passes with gradients on that no backward pass followed.
        same_input: whether one input was passed twice in a row (several samples of dropout).
    """

    site: Site | None = None
    function: Name = ""
    calls: int = 0
    other_loader: bool | None = None
    training: int = 0
    modal: int = 0
    first_modal: Name | None = None
    gradients: int = 0
    same_input: bool = False


class ModeLost(Value):
    """Training that began in train mode and went on in eval mode.

    Attributes:
        step: steps completed when the first backward pass in eval mode came.
        eval_site: the call that switched to eval mode; backward_site: that backward pass.
    """

    step: int
    eval_site: Site | None = None
    backward_site: Site | None = None


class WeightsLoaded(Value):
    """One `load_state_dict` with strict=False.

    Attributes:
        matched, missing, unexpected: keys.
        missing_share: share of the model's values that kept what they were made with, 0..1.
        prefix: what the given keys have more (or less) in front than the missing ones, if that is
            the difference; renamed: missing keys that a given one fits then, shapes included.
        added: True when the given keys carry the prefix, False when the model's do.
    """

    matched: int
    missing: int
    unexpected: int
    missing_share: Number
    prefix: Name | None = None
    renamed: int = 0
    added: bool = True
    site: Site | None = None


class AverageSeen(Value):
    """An `AveragedModel`: how often it was updated, and whether the program ran it."""

    updates: int
    ran: bool
    site: Site | None = None


class LateTrainable(Value):
    """Keras: `trainable` flags that differ from those that the training function was made with.

    Attributes:
        unfrozen, frozen: variables that became trainable, or stopped being so, since then.
        first: name of one of them; site: the fit call that goes on without them.
    """

    unfrozen: int
    frozen: int
    first: Name
    site: Site | None = None


class Census(Value):
    """Parameters and modes, as counted in the run.

    Attributes:
        trainable: number of parameter tensors that may be trained, of `total`.
        parameters: those worth a look: trainable and held with no gradient other than zero.
        steps: optimizer steps whose gradients were looked at.
        held: tensors that the optimizers hold; held_frozen: those that may not be trained.
        model: type of the trained model; model_site: where it is made.
        epoch_samples: samples of one training epoch; drop_last: the loader's setting;
            loader_site: where the training loader is made.
        evaluations: forward passes on other data, by place.
        evaluated: whether any pass without training was seen after the first step.
        mode_lost: the first backward pass in eval mode after others in train mode.
        fits: fit calls that began (Keras).
        retained: losses of earlier steps whose graph was still alive in the end, of `losses`.
    """

    trainable: int = 0
    total: int = 0
    parameters: Annotated[tuple[ParameterSeen, ...], Field(max_length=500)] = ()
    steps: int = 0
    held: int = 0
    held_frozen: int = 0
    model: Name | None = None
    model_site: Site | None = None
    epoch_samples: int | None = None
    drop_last: bool | None = None
    loader_site: Site | None = None
    plain_containers: Annotated[tuple[PlainContainer, ...], Field(max_length=50)] = ()
    repeated_modules: Annotated[tuple[RepeatedModule, ...], Field(max_length=50)] = ()
    ineffective_flags: Annotated[tuple[IneffectiveFlag, ...], Field(max_length=50)] = ()
    frozen_norm: FrozenNorm | None = None
    evaluations: Annotated[tuple[EvaluationSeen, ...], Field(max_length=16)] = ()
    evaluated: bool = False
    mode_lost: ModeLost | None = None
    retained: int = 0
    losses: int = 0
    loaded: Annotated[tuple[WeightsLoaded, ...], Field(max_length=50)] = ()
    averages: Annotated[tuple[AverageSeen, ...], Field(max_length=16)] = ()
    late_trainable: LateTrainable | None = None
    fits: int = 0
