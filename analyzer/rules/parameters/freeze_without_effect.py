"""A freeze that freezes nothing.

What it finds
    `requires_grad` set on a module, where it is a plain attribute, and misspellings of it on
    parameters; the parameters' own flags say the opposite.
Why it hurts
    Python creates the attribute and PyTorch never reads it: what should stay fixed is trained, or
    what should be trained stays fixed.
How it is measured
    The attributes of all modules and parameters of the trained model beside their real flags.
When it is right
    Where a class uses such an attribute for its own purposes and sets the flags itself: they agree
    then, and nothing is said.
Example
    backbone.requires_grad = False
Instead
    backbone.requires_grad_(False)
The fix
    The method for modules, the right spelling for parameters. Safe.
Sources
    PyTorch documentation of Module.requires_grad_.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertAfter, RemoveStatement, ReplaceExpression
from analyzer.observed import Census, IneffectiveFlag, Observation
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count
from analyzer.rules.reading.syntax import name_of, place, tree_of, written
from analyzer.rules.samples import sample

FLAG = "requires_grad"


class FreezeWithoutEffect(Rule):
    """An attribute that nobody reads."""

    code = "FL603"
    name = "freeze-without-effect"
    kind = "parameters"
    severity = "error"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ("census",)
    why = (
        "Only the parameters' own requires_grad counts; on a module it is a plain attribute"
        " (PyTorch documentation of Module.requires_grad_)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """One finding per statement that sets such an attribute."""
        assert program.observation is not None
        census = program.observation.census
        flags = census.ineffective_flags if census else ()
        told: set[int] = set()
        for flag in flags:
            for statement in _statements(program, flag):
                if statement.lineno not in told:
                    told.add(statement.lineno)
                    yield self._suspicion(program, flag, flags, statement)

    def _suspicion(
        self,
        program: Program,
        flag: IneffectiveFlag,
        flags: tuple[IneffectiveFlag, ...],
        statement: ast.Assign,
    ) -> Suspicion:
        alike = [f for f in flags if (f.owner, f.attribute, f.value) == _mark(flag)]
        parameters = max(f.parameters for f in alike)
        if flag.owner == "parameter":
            parameters = len(alike)
        state = "can still be trained" if flag.value is False else "are still frozen"
        return Suspicion(
            site=place(statement, program.source),
            message=(
                f"{flag.attribute} on a {flag.owner} is an attribute that PyTorch never reads:"
                f" {count(parameters, 'parameter')} {state}."
            ),
            evidence=Evidence(trace=flag.model_dump()),
            fix=_mended(program, flag, statement),
            proof="contract",
        )


def _mark(flag: IneffectiveFlag) -> tuple[str, str, bool]:
    return (flag.owner, flag.attribute, flag.value)


def _statements(program: Program, flag: IneffectiveFlag) -> list[ast.Assign]:
    return [
        node
        for node in ast.walk(tree_of(program.source))
        if isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Attribute)
        and name_of(node.targets[0]) == flag.attribute
        and isinstance(node.value, ast.Constant)
        and node.value.value is flag.value
        and (flag.attribute != FLAG or not _on_parameters(program, node))
    ]


def _on_parameters(program: Program, statement: ast.Assign) -> bool:
    """Whether the flag is set on what a loop over parameters gives."""
    target = statement.targets[0]
    owner = ast.unparse(target.value) if isinstance(target, ast.Attribute) else ""
    if owner.split(".")[-1] in ("weight", "bias"):
        return True
    for loop in ast.walk(tree_of(program.source)):
        inside = isinstance(loop, ast.For) and any(s is not loop for s in ast.walk(loop))
        if inside and isinstance(loop, ast.For) and loop.lineno < statement.lineno:
            names = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
            covers = statement.lineno <= (loop.end_lineno or 0)
            if covers and owner in names and "parameters" in ast.unparse(loop.iter):
                return True
    return False


def _mended(program: Program, flag: IneffectiveFlag, statement: ast.Assign) -> FixPlan | Declined:
    target = statement.targets[0]
    if not isinstance(target, ast.Attribute) or statement.end_lineno != statement.lineno:
        return Declined("the statement sets several things")
    owner = written(target.value, program.source)
    if flag.owner == "parameter":
        change = ReplaceExpression(place(target, program.source), f"{owner}.{FLAG}")
        return FixPlan(f"spell it {FLAG}", (change,))
    text = f"{owner}.{FLAG}_({flag.value})"
    where = place(statement, program.source)
    return FixPlan(
        f"call {FLAG}_ of the module", (InsertAfter(where, text), RemoveStatement(where))
    )


FREEZE = """
backbone.requires_grad = False
for p in head.parameters():
    p.requires_grad = False
    p.require_grad = True
"""


def _program(*flags: IneffectiveFlag) -> Program:
    census = Census(trainable=8, total=8, ineffective_flags=flags)
    return sample(FREEZE, framework="torch", observation=Observation(census=census))


MODULE = IneffectiveFlag(owner="module", name="backbone", attribute=FLAG, value=False, parameters=6)
MISSPELT = IneffectiveFlag(
    owner="parameter", name="head.weight", attribute="require_grad", value=True, parameters=1
)

EXAMPLES = (
    Example(
        "a module's plain attribute",
        _program(MODULE),
        found=(Found(1, "6 parameters can still", "backbone.requires_grad_(False)", "contract"),),
    ),
    Example(
        "a misspelling",
        _program(MISSPELT),
        found=(Found(4, "1 parameter are", "    p.requires_grad = True", "contract"),),
    ),
    Example("flags that count", _program()),
    Example(
        "no run of the model",
        sample(FREEZE, framework="torch", observation=Observation(census=Census())),
    ),
)
