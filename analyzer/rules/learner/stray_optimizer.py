"""An optimizer that does not hold the parameters that are trained.

What it finds
    Trainable parameters of the model that no optimizer holds, and an optimizer over parameters of
    another model, often an earlier instance of the same class.
Why it hurts
    backward fills the gradients of the model in use; step changes what the optimizer holds. What is
    in one and not in the other never changes, and nothing is reported.
How it is measured
    The identity of every parameter in the optimizers against the trained model's; in code, a model
    that is made anew after the optimizer was built over it.
When it is right
    Given a part of a model by name (net.fc.parameters()), the rest may be frozen on purpose: that
    is advice. Parameters that are frozen on purpose have requires_grad=False and are not counted.
    Moving a model to a device keeps the parameters' identity.
Example
    net = Net()
    optimizer = optim.Adam(net.parameters(), lr=0.001)
    net = Net().to(device)
Instead
    net = Net().to(device)
    optimizer = optim.Adam(net.parameters(), lr=0.001)
The fix
    None is offered: the optimizer must move behind the last change of the model.
Sources
    PyTorch documentation, torch.optim, "Constructing it"; NeuraLint, "optimizer must be bound to
    the parameters".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import OptimizerUse
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count, learner_seen, proof
from analyzer.rules.reading.rebuilt import rebuilt_models, trained_name
from analyzer.rules.samples import linear, sample

MOVED = Declined("the optimizer must move behind the last change of the model")


class StrayOptimizer(Rule):
    """Parameters that are trained but never changed."""

    code = "FL405"
    name = "stray-optimizer"
    kind = "optimizer"
    severity = "error"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("optimizer",)
    why = (
        "Only parameters that the optimizer holds are changed by its steps (PyTorch documentation"
        " of torch.optim)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Counts from the run, else models that are made anew in the code."""
        assert program.learner is not None
        for optimizer in program.learner.optimizers:
            words = _words(optimizer)
            if words is not None and optimizer.site is not None:
                yield Suspicion(
                    site=optimizer.site,
                    message=f"{words}.",
                    evidence=Evidence(
                        static={"missing": optimizer.missing_parameters[:10]},
                        trace={"held": optimizer.parameters},
                    ),
                    fix=MOVED,
                    proof=proof(
                        learner_seen(program),
                        _whole(program, optimizer),
                        len(program.learner.optimizers) == 1,
                    ),
                )
                return
        for optimizer_call, model in rebuilt_models(program.source):
            yield Suspicion(
                site=optimizer_call.site,
                message=(
                    f"This optimizer holds the parameters of the {model.target} made before"
                    f" line {model.site.line}, where another one takes its place."
                ),
                evidence=Evidence(static={"made_anew_on_line": model.site.line}),
                fix=MOVED,
                confidence=0.8,
            )


def _whole(program: Program, optimizer: OptimizerUse) -> bool:
    """Whether the optimizer was given a whole model; a part of one may be meant."""
    call = program.source.at(optimizer.site)
    name = trained_name(call) if call is not None else None
    return name is not None and name.removeprefix("self.").count(".") == 0


def _words(optimizer: OptimizerUse) -> str | None:
    if optimizer.foreign_parameters and optimizer.foreign_parameters == optimizer.parameters:
        return "None of the parameters that this optimizer holds belongs to the trained model"
    if optimizer.missing_parameters:
        missing = optimizer.missing_parameters
        names = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        held = count(len(missing), "trainable parameter")
        return f"{held} of the model in no optimizer: {names}"
    return None


TORCH = """
net = Net()
optimizer = optim.Adam(net.parameters(), lr=0.001)
net = Net()
"""
NET = (linear(1, 2),)

EXAMPLES = (
    Example(
        "the head is in no optimizer",
        sample(
            TORCH.replace("net = Net()\n", "", 1),
            framework="torch",
            layers=NET,
            optimizer="adam",
            optimizer_line=1,
            optimizer_facts={"parameters": 8, "missing_parameters": ("fc.weight", "fc.bias")},
        ),
        found=(Found(1, "2 trainable parameters of the model in no optimizer", None, "contract"),),
    ),
    Example(
        "only a part was given, perhaps on purpose",
        sample(
            "optimizer = optim.SGD(net.fc.parameters(), lr=0.01)",
            framework="torch",
            layers=NET,
            optimizer="sgd",
            optimizer_line=1,
            optimizer_facts={"parameters": 2, "missing_parameters": ("conv1.weight",)},
        ),
        found=(Found(1, "1 trainable parameter of the model", None),),
    ),
    Example(
        "all parameters belong to an earlier model",
        sample(
            TORCH,
            framework="torch",
            layers=NET,
            optimizer="adam",
            optimizer_line=2,
            optimizer_facts={"parameters": 8, "foreign_parameters": 8},
        ),
        found=(Found(2, "None of the parameters", None, "contract"),),
    ),
    Example(
        "the same, read from the code",
        sample(TORCH, framework="torch", origin="static", optimizer="adam", optimizer_line=2),
        found=(Found(2, "made before line 3", None),),
    ),
    Example(
        "the optimizer is built last",
        sample(
            "net = Net()\noptimizer = optim.Adam(net.parameters(), lr=0.001)",
            framework="torch",
            optimizer="adam",
            optimizer_line=2,
            optimizer_facts={"parameters": 8},
        ),
    ),
    Example(
        "two models with an optimizer each",
        sample(
            """
            a = Net()
            b = Net()
            optimizer = optim.Adam(a.parameters(), lr=0.001)
            c = Net()
            """,
            framework="torch",
            optimizer="adam",
            optimizer_line=3,
        ),
    ),
)
