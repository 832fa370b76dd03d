"""How the program trains: losses, optimizers and the fit call or loop."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from analyzer.observed.values import Name, Number, Origin, Site, Value


class LossUse(Value):
    """The loss function as the program uses it.

    Attributes:
        name: canonical snake case: "categorical_crossentropy", "sparse_categorical_crossentropy",
            "binary_crossentropy", "mean_squared_error", "mean_absolute_error", "cross_entropy",
            "bce", "bce_with_logits", "nll", "mse", "l1", "smooth_l1", "huber", "kl_div", "hinge",
            or the program's own function name with custom=True.
        from_logits: Keras' flag; None where the loss has none.
        class_weights: factor of each class from 0 on, the same at the first and the last step: of
            fit, or of the loss itself; (1, pos_weight) where the only output is a yes or no.
        site: the loss argument or constructor; call_site: the loss call (PyTorch).
        class_weights_site: the argument that gives the weights.
    """

    name: Name
    custom: bool = False
    from_logits: bool | None = None
    reduction: Name | None = None
    ignore_index: int | None = None
    label_smoothing: Number | None = None
    class_weights: Annotated[tuple[Number, ...], Field(max_length=1000)] | None = None
    site: Site | None = None
    call_site: Site | None = None
    class_weights_site: Site | None = None


class OptimizerUse(Value):
    """One optimizer.

    Attributes:
        name: lower case class name: "sgd", "adam", "adamw", "rmsprop".
        learning_rate, momentum, weight_decay: at the first step (first parameter group).
        coupled_decay: of weight decay that is added to the gradients: the smallest of all groups
            and steps; None where it is not added to them, or that is not known.
        clip_norm, global_clip_norm: Keras' bounds for the gradient of each variable, and of all.
        site: its constructor, or the argument that names it; learning_rate_site: the argument that
            holds the learning rate, when there is one.
        parameters: how many parameter tensors it holds.
        foreign_parameters: how many of them belong to no module of the trained model.
        missing_parameters: trainable parameters of the model that no optimizer holds.
    """

    name: Name
    learning_rate: Number | None = None
    momentum: Number | None = None
    weight_decay: Number | None = None
    coupled_decay: Number | None = None
    clip_norm: Number | None = None
    global_clip_norm: Number | None = None
    scheduled: bool = False
    site: Site | None = None
    learning_rate_site: Site | None = None
    parameters: int | None = None
    foreign_parameters: int = 0
    missing_parameters: Annotated[tuple[Name, ...], Field(max_length=200)] = ()


class Learner(Value):
    """How the program trains.

    Attributes:
        batch_size: samples per step; batch_size_site: the argument that sets it.
        epochs: epochs that the program asks for; epochs_site likewise.
        shuffle: whether training data is shuffled, None when unknown.
        sampler: class that chooses the samples of a batch, for a DataLoader: "RandomSampler".
        fit_site: the fit call, or the loop's backward call.
        compile_site: the compile call (Keras).
    """

    losses: Annotated[tuple[LossUse, ...], Field(max_length=16)] = ()
    optimizers: Annotated[tuple[OptimizerUse, ...], Field(max_length=16)] = ()
    metrics: Annotated[tuple[Name, ...], Field(max_length=32)] = ()
    metrics_site: Site | None = None
    batch_size: int | None = None
    batch_size_site: Site | None = None
    epochs: int | None = None
    epochs_site: Site | None = None
    steps_per_epoch: int | None = None
    shuffle: bool | None = None
    sampler: Name | None = None
    validation_split: Number | None = None
    fit_site: Site | None = None
    compile_site: Site | None = None
    origin: Origin = "run"
