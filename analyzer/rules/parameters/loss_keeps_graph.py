"""Losses that keep their graphs.

What it finds
    A loss tensor that is added up or put into a list together with its graph.
Why it hurts
    The sum holds the graph of every step so far: memory grows with each step until it is used up,
    and each step of a long epoch is a little slower.
How it is measured
    How many losses of earlier steps still had their graph alive after they had been differentiated.
When it is right
    Where the sum itself is differentiated later: then its parts were not, and nothing is counted.
Example
    total += loss
Instead
    total += loss.detach()
The fix
    `detach()`, which keeps the value a tensor. Safe.
Sources
    PyTorch documentation, Frequently Asked Questions, "Don't accumulate history across your
    training loop".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import FixPlan, ReplaceExpression
from analyzer.observed import Census, Observation
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.syntax import calls_in, name_of, place, tree_of
from analyzer.rules.samples import sample

FEWEST = 5
"""Graphs of earlier steps alive at once; one or two are the loop's own variables."""
LETS_GO = frozenset({"item", "detach", "float", "tolist", "numpy", "cpu", "no_grad", "data"})


class LossKeepsGraph(Rule):
    """Memory that grows with every step."""

    code = "FL611"
    name = "loss-keeps-graph"
    kind = "performance"
    severity = "warning"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ("census",)
    why = (
        "A sum of losses with gradients holds all their graphs (PyTorch FAQ, accumulating history"
        " across the training loop)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Graphs that stay, and the statement that keeps them."""
        assert program.observation is not None
        census = program.observation.census
        if census is None or census.retained < FEWEST:
            return
        kept = next(_keeping(program), None)
        if kept is None:
            yield self.unchecked(
                f"{census.retained} losses kept their graph; the statement that keeps them was not"
                " found"
            )
            return
        statement, loss = kept
        where = place(loss, program.source)
        change = ReplaceExpression(where, f"{ast.unparse(loss)}.detach()")
        yield Suspicion(
            site=place(statement, program.source),
            message=(
                f"The graphs of {census.retained} earlier losses were still alive after"
                f" {census.losses} steps: this statement keeps them, and memory grows."
            ),
            evidence=Evidence(trace={"alive": census.retained, "losses": census.losses}),
            fix=FixPlan("keep the loss's value without its graph", (change,)),
            proof="contract",
        )


def _keeping(program: Program) -> Iterator[tuple[ast.stmt, ast.expr]]:
    """Statements that add or append a loss as it is, with the loss in them."""
    tree = tree_of(program.source)
    losses = {
        ast.unparse(call.func.value)
        for call in calls_in(tree, "backward")
        if isinstance(call.func, ast.Attribute)
    }
    for statement in ast.walk(tree):
        value = _kept_value(statement)
        if value is not None and isinstance(statement, ast.stmt):
            for part in _bare(value):
                if ast.unparse(part) in losses:
                    yield statement, part


def _kept_value(statement: ast.AST) -> ast.expr | None:
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
        return statement.value
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.BinOp):
        name = ast.unparse(statement.targets[0])
        return statement.value if ast.unparse(statement.value.left) == name else None
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if name_of(call.func) == "append" and len(call.args) == 1:
            return call.args[0]
    return None


def _bare(value: ast.expr) -> Iterator[ast.expr]:
    """Names and attributes in the value that no call lets go of."""
    held = isinstance(value, ast.Attribute) and value.attr not in LETS_GO
    if held or isinstance(value, ast.Name):
        yield value
    elif isinstance(value, ast.BinOp):
        yield from _bare(value.left)
        yield from _bare(value.right)


LOOP = """
for x, y in loader:
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    total += loss
"""


def _program(retained: int, text: str = LOOP) -> Program:
    census = Census(trainable=4, retained=retained, losses=60)
    return sample(text, framework="torch", observation=Observation(census=census))


EXAMPLES = (
    Example(
        "a sum of tensors",
        _program(58),
        found=(Found(5, "58 earlier losses", "total += loss.detach()", "contract"),),
    ),
    Example(
        "a list of tensors",
        _program(58, LOOP.replace("total += loss", "losses.append(loss * len(x))")),
        found=(Found(5, "58 earlier", "losses.append(loss.detach() * len(x))", "contract"),),
    ),
    Example("numbers", _program(1, LOOP.replace("+= loss", "+= loss.item()"))),
    Example("a sum of a few losses of one step", _program(2)),
    Example(
        "kept elsewhere",
        _program(58, LOOP.replace("total += loss", "log(loss)")),
        unchecked="was not found",
    ),
)
