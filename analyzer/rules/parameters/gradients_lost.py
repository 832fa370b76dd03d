"""Parameters that run and never get a gradient.

What it finds
    Layers that ran with gradients on in the observed steps, may be trained and are in the
    optimizer, and whose parameters no backward pass ever reached, or reached with zeros alone.
Why it hurts
    Somewhere between the layer and the loss the values were cut from the graph (`.detach()`,
    `.data`, `.numpy()`, `argmax`, a new tensor made of them), or every path to the loss is dead:
    the layer keeps the weights it was made with.
How it is measured
    The gradients of every parameter before each step; at least ten steps of its optimizer.
When it is right
    Below `torch.no_grad()` the author says so, and nothing is reported. Layers that never ran,
    frozen ones, and single parameters whose gradient is zero by construction, like a key's bias in
    attention, are left alone. An output that no loss uses is advice: it may be there for something
    else.
Example
    features = self.encoder(x).detach()
    logits = self.head(features)
Instead
    features = self.encoder(x)
    logits = self.head(features)
The fix
    The cut is taken out where it is one call in the model's forward. It changes what is trained,
    so it is not safe.
Sources
    PyTorch documentation, Autograd mechanics; Tensor.detach.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import Census, Observation, ParameterSeen
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count, first_site
from analyzer.rules.reading.syntax import name_of, place, tree_of, written
from analyzer.rules.samples import at, sample

STEPS = 10
CUTS = frozenset({"detach", "item", "numpy", "tolist", "argmax", "detach_"})
REMOVABLE = frozenset({"detach", "data"})


class GradientsLost(Rule):
    """Layers that stand still while the others learn."""

    code = "FL605"
    name = "gradients-lost"
    kind = "parameters"
    severity = "warning"
    confidence = 0.92
    frameworks = frozenset({"torch"})
    needs = ("census",)
    why = (
        "backward follows the recorded graph; what was detached from it, or reached by zeros alone,"
        " does not move (PyTorch documentation, Autograd mechanics)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Layers of which every parameter stood still, next to others that moved."""
        assert program.observation is not None
        census = program.observation.census
        if census is None or census.steps < STEPS:
            yield self.unchecked(f"needs {STEPS} steps of an optimizer, not seen")
            return
        whole = tuple(_whole_layers(census.parameters))
        cut = [p for p in whole if p.gradient == "none"]
        dead = [p for p in whole if p.gradient == "zero"]
        if not whole or len({p.name for p in whole}) >= census.trainable:
            return  # nothing moves at all: that has another reason, which other rules look for
        if cut:
            yield from self._suspicion(program, census, cut, "got no gradient")
        elif dead:
            yield from self._suspicion(program, census, dead, "got gradients of exactly 0 alone")

    def _suspicion(
        self, program: Program, census: Census, still: Sequence[ParameterSeen], what: str
    ) -> Iterator[Suspicion]:
        cuts = _cuts(program) if still[0].gradient == "none" else []
        own = place(cuts[0], program.source) if len(cuts) == 1 else None
        site = first_site(own, still[0].site, census.model_site)
        layers = list(dict.fromkeys(p.name.rpartition(".")[0] for p in still))
        more = f" and {len(layers) - 1} more" if len(layers) > 1 else ""
        if site is not None:
            yield Suspicion(
                site=site,
                message=(
                    f"{layers[0] or 'The layer'} ({still[0].owner}){more} ran in"
                    f" {count(census.steps, 'step')} and {what}:"
                    f" {count(len(still), 'parameter')} never moved."
                ),
                evidence=Evidence(trace={"parameters": [p.name for p in still[:20]]}),
                fix=_joined(program, cuts),
                proof="contract",
                # An output that no loss uses may be there for something else.
                severity=None if own or still[0].gradient == "zero" else "advice",
            )


def _whole_layers(parameters: Sequence[ParameterSeen]) -> Iterator[ParameterSeen]:
    """The parameters of layers that ran and whose weight, not only a bias, stood still."""
    layers = {p.name.rpartition(".")[0] for p in parameters if p.ran and _is_weight(p)}
    yield from (p for p in parameters if p.ran and p.name.rpartition(".")[0] in layers)


def _is_weight(parameter: ParameterSeen) -> bool:
    return "bias" not in parameter.name.rpartition(".")[2]


def _cuts(program: Program) -> list[ast.expr]:
    """Expressions in the forward methods of the program that leave the graph."""
    return [
        node
        for owner in ast.walk(tree_of(program.source))
        if isinstance(owner, ast.FunctionDef) and owner.name == "forward"
        for node in ast.walk(owner)
        if (isinstance(node, ast.Call) and name_of(node.func) in CUTS and not node.args)
        or (isinstance(node, ast.Attribute) and node.attr == "data")
    ]


def _joined(program: Program, cuts: Sequence[ast.expr]) -> FixPlan | Declined:
    if len(cuts) != 1:
        return Declined("where the values leave the graph was not found")
    node = cuts[0]
    attribute = node.func if isinstance(node, ast.Call) else node
    if not isinstance(attribute, ast.Attribute) or attribute.attr not in REMOVABLE:
        return Declined("the values leave the graph in a way that one edit cannot undo")
    text = written(attribute.value, program.source)
    change = ReplaceExpression(place(node, program.source), text)
    return FixPlan(f"keep the values in the graph, without {attribute.attr}", (change,), safe=False)


NET = """
class Net(nn.Module):
    def __init__(self):
        self.encoder = nn.Linear(8, 16)
        self.head = nn.Linear(16, 2)
    def forward(self, x):
        features = self.encoder(x).detach()
        return self.head(features)
"""


def _program(*parameters: ParameterSeen, text: str = NET, steps: int = 60) -> Program:
    census = Census(trainable=4, total=4, steps=steps, parameters=parameters)
    return sample(text, framework="torch", observation=Observation(census=census))


def _seen(name: str, **facts: object) -> ParameterSeen:
    values = {"name": name, "owner": "Linear", "site": at(3), "gradient": "none", "ran": True}
    return ParameterSeen.model_validate({**values, **facts})


ENCODER = (_seen("encoder.weight"), _seen("encoder.bias"))

EXAMPLES = (
    Example(
        "an encoder that is cut off",
        _program(*ENCODER),
        found=(
            Found(
                6, "encoder (Linear) ran in 60 steps", "features = self.encoder(x)\n", "contract"
            ),
        ),
    ),
    Example(
        "a branch whose gradients are all zero",
        _program(*(p.model_copy(update={"gradient": "zero"}) for p in ENCODER)),
        found=(Found(3, "exactly 0 alone", None, "contract"),),
    ),
    Example(
        "it ran without gradients on purpose",
        _program(*(p.model_copy(update={"ran": False}) for p in ENCODER)),
    ),
    Example("a bias alone", _program(_seen("encoder.bias", gradient="zero"))),
    Example("everything moves", _program()),
    Example("three steps", _program(*ENCODER, steps=3), unchecked="needs 10 steps"),
)
