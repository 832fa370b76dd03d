"""One module where several were meant.

What it finds
    A Sequential, ModuleList or ModuleDict that holds one and the same module, with parameters, at
    several places, because a list with one module was multiplied.
Why it hurts
    `[layer] * 3` is three references to one object: the places share their weights, and the model
    has a third of the parameters that its code seems to give it.
How it is measured
    The identity of the modules in the containers of the trained model, and the multiplication in
    the source.
When it is right
    For weights that are shared on purpose. Only a multiplied list is reported; the same name
    written several times, or a comprehension over one name, is taken as meant.
Example
    self.blocks = nn.ModuleList([nn.Linear(64, 64)] * 3)
Instead
    self.blocks = nn.ModuleList([nn.Linear(64, 64) for _ in range(3)])
The fix
    A comprehension that makes the module anew each time. It changes the number of parameters, so
    it is not safe.
Sources
    Python documentation, Common sequence operations, note 2 on copies that are references.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, EnsureImport, FixPlan, ReplaceExpression
from analyzer.observed import Census, Observation, RepeatedModule
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count
from analyzer.rules.reading.syntax import around, place, tree_of, written
from analyzer.rules.samples import at, sample


class RepeatedModuleRule(Rule):
    """Places that share what they should have of their own."""

    code = "FL604"
    name = "repeated-module"
    kind = "parameters"
    severity = "warning"
    confidence = 0.9
    frameworks = frozenset({"torch"})
    needs = ("census",)
    why = (
        "Multiplying a list repeats references and copies nothing (Python documentation, sequence"
        " operations)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Containers with one module at several places, where a list is multiplied."""
        assert program.observation is not None
        census = program.observation.census
        for repeated in census.repeated_modules if census else ():
            product = _product(program, repeated)
            if product is not None:
                yield Suspicion(
                    site=place(product, program.source),
                    message=(
                        f"{repeated.places} places of the {repeated.container} hold one and the"
                        f" same {repeated.type}: they share"
                        f" {count(repeated.parameters, 'parameter')}."
                    ),
                    evidence=Evidence(
                        trace=repeated.model_dump(exclude={"site", "container_site"})
                    ),
                    fix=_anew(program, product),
                    proof="contract",
                )


def _product(program: Program, repeated: RepeatedModule) -> ast.BinOp | None:
    """The ``[module] * n`` in the statement that makes the container or its module."""
    tree = tree_of(program.source)
    for site in (repeated.container_site, repeated.site):
        for statement in reversed(around(tree, site, program.source)):
            if isinstance(statement, ast.Assign | ast.Return | ast.AnnAssign | ast.Expr):
                found = [node for node in ast.walk(statement) if _multiplies(node)]
                if found and isinstance(found[0], ast.BinOp):
                    return found[0]
                break
    return None


def _multiplies(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Mult)
        and isinstance(node.left, ast.List)
        and len(node.left.elts) == 1
        and not isinstance(node.left.elts[0], ast.Constant)
    )


def _anew(program: Program, product: ast.BinOp) -> FixPlan | Declined:
    if not isinstance(product.left, ast.List):
        return Declined("the list is not written in place")
    module, times = product.left.elts[0], written(product.right, program.source)
    text = written(module, program.source)
    if isinstance(module, ast.Call):
        new = f"[{text} for _ in range({times})]"
        change = ReplaceExpression(place(product, program.source), new)
        return FixPlan("make the module anew at each place", (change,), safe=False)
    new = f"[copy.deepcopy({text}) for _ in range({times})]"
    change = ReplaceExpression(place(product, program.source), new)
    return FixPlan("copy the module for each place", (change, EnsureImport("copy")), safe=False)


BLOCKS = "self.blocks = nn.ModuleList([nn.Linear(64, 64)] * 3)"
NAMED = "self.blocks = nn.ModuleList([block] * depth)"
SHARED = "self.heads = nn.ModuleList([self.head for _ in range(6)])"


def _program(text: str, *repeated: RepeatedModule) -> Program:
    census = Census(trainable=2, repeated_modules=repeated)
    return sample(text, framework="torch", observation=Observation(census=census))


SEEN = RepeatedModule(
    type="Linear", container="ModuleList", places=3, parameters=2, site=at(1), container_site=at(1)
)

EXAMPLES = (
    Example(
        "a multiplied list",
        _program(BLOCKS, SEEN),
        found=(
            Found(
                1,
                "3 places of the ModuleList",
                "nn.ModuleList([nn.Linear(64, 64) for _ in range(3)])",
                "contract",
            ),
        ),
    ),
    Example(
        "a multiplied list with a name",
        _program(NAMED, SEEN),
        found=(Found(1, "share 2", "[copy.deepcopy(block) for _ in range(depth)]", "contract"),),
    ),
    Example("one head at all places, by name", _program(SHARED, SEEN)),
    Example("several modules", _program(BLOCKS)),
)
