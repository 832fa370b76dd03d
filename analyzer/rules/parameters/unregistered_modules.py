"""Modules that PyTorch does not see.

What it finds
    Modules in a plain Python list, tuple or dict of another module: they run, get gradients, and
    are in no optimizer.
Why it hurts
    `parameters()` finds only modules that are attributes themselves or stand in a ModuleList or
    ModuleDict. The others keep the weights they were made with, are not saved, and do not move to
    a device.
How it is measured
    The attributes of the trained model's modules; the gradients of what is in them; the parameters
    of all optimizers.
When it is right
    For a module that is hidden on purpose, like a teacher: it has no gradients, is frozen, or is
    in eval mode, and is not reported. Nor is one whose parameters the optimizer was given apart.
Example
    self.blocks = [nn.Linear(64, 64) for _ in range(3)]
Instead
    self.blocks = nn.ModuleList([nn.Linear(64, 64) for _ in range(3)])
The fix
    A ModuleList or ModuleDict around it. Safe.
Sources
    PyTorch documentation of torch.nn.ModuleList.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Change, Declined, EnsureImport, FixPlan, ReplaceExpression
from analyzer.observed import Observation, PlainContainer
from analyzer.observed.census import Census
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count, first_site
from analyzer.rules.reading.syntax import name_of, place, tree_of, written
from analyzer.rules.samples import at, sample

CONTAINERS = {"list": "ModuleList", "tuple": "ModuleList", "dict": "ModuleDict"}


class UnregisteredModules(Rule):
    """Weights that are trained by nobody."""

    code = "FL601"
    name = "unregistered-modules"
    kind = "parameters"
    severity = "error"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ("census",)
    why = (
        "parameters() looks into ModuleList and ModuleDict, not into plain containers (PyTorch"
        " documentation of ModuleList)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The containers of the trained model that hold parameters with gradients."""
        assert program.observation is not None
        census = program.observation.census
        for container in census.plain_containers if census else ():
            value = _value(program, container)
            own = place(value, program.source) if value is not None else None
            site = first_site(own, container.site, container.owner_site)
            if container.moved and site is not None:
                yield Suspicion(
                    site=site,
                    message=(
                        f"The {container.kind} {container.attribute} hides"
                        f" {count(container.modules, 'module')} from PyTorch:"
                        f" {count(container.moved, 'parameter')} got gradients and no optimizer"
                        " holds them."
                    ),
                    evidence=Evidence(trace=container.model_dump(exclude={"site", "owner_site"})),
                    fix=_wrapped(program, container, value),
                    proof="contract",
                )


def _value(program: Program, container: PlainContainer) -> ast.expr | None:
    """What the attribute is set to, where one statement of its class does so."""
    values = [
        node.value
        for owner in ast.walk(tree_of(program.source))
        if isinstance(owner, ast.ClassDef) and owner.name == container.owner
        for node in ast.walk(owner)
        if isinstance(node, ast.Assign)
        and [name_of(target) for target in node.targets] == [container.attribute]
    ]
    return values[0] if len(values) == 1 else None


def _wrapped(
    program: Program, container: PlainContainer, value: ast.expr | None
) -> FixPlan | Declined:
    plain = (ast.List, ast.ListComp, ast.Dict, ast.DictComp, ast.Tuple)
    if value is None or not isinstance(value, plain):
        return Declined("the container is not written as one list or dict")
    kind = CONTAINERS[container.kind]
    prefix, imports = _prefix(program, kind)
    text = f"{prefix}{kind}({written(value, program.source)})"
    changes: tuple[Change, ...] = (ReplaceExpression(place(value, program.source), text), *imports)
    return FixPlan(f"put the modules into a {kind}", changes)


def _prefix(program: Program, kind: str) -> tuple[str, tuple[Change, ...]]:
    """How the program writes names of torch.nn: "nn.", or an import of the name itself."""
    layers = (c for c in program.source.calls if c.role in ("layer", "activation") and c.receiver)
    for call in layers:
        if call.receiver is not None and call.receiver.split(".")[-1] == "nn":
            return f"{call.receiver}.", ()
    return "", (EnsureImport("torch.nn", kind),)


NET = """
class Net(nn.Module):
    def __init__(self):
        self.blocks = [nn.Linear(64, 64) for _ in range(3)]
"""


def _program(**facts: object) -> Program:
    seen = {
        "owner": "Net",
        "attribute": "blocks",
        "kind": "list",
        "modules": 3,
        "parameters": 6,
        "moved": 6,
        "site": at(3),
    }
    container = PlainContainer.model_validate({**seen, **facts})
    census = Census(trainable=2, plain_containers=(container,))
    return sample(NET, framework="torch", observation=Observation(census=census))


EXAMPLES = (
    Example(
        "a plain list",
        _program(),
        found=(
            Found(
                3,
                "hides 3 modules",
                "nn.ModuleList([nn.Linear(64, 64) for _ in range(3)])",
                "contract",
            ),
        ),
    ),
    Example("a frozen teacher, or parameters that the optimizer was given", _program(moved=0)),
    Example(
        "no such container",
        sample(NET, framework="torch", observation=Observation(census=Census(trainable=8))),
    ),
)
