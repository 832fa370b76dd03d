"""Nothing left to train.

What it finds
    A model in which every parameter is frozen, the new head included; or an optimizer that holds
    frozen parameters alone.
Why it hurts
    Without a trainable parameter there is nothing to differentiate: backward raises. An optimizer
    over frozen parameters steps, and changes nothing.
How it is measured
    `requires_grad` of all parameters of the model that ran, and of those in the optimizers.
When it is right
    Never for a program that trains. A model that only predicts is not looked at.
Example
    model.fc = nn.Linear(512, 10)
    for p in model.parameters():
        p.requires_grad = False
Instead
    for p in model.parameters():
        p.requires_grad = False
    model.fc = nn.Linear(512, 10)
The fix
    The loop that freezes moves before the new layer. Safe.
Sources
    PyTorch tutorial "Transfer Learning for Computer Vision", ConvNet as fixed feature extractor.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertBefore, RemoveStatement
from analyzer.observed import Census, NotObserved, Observation, OptimizerUse
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count, first_site
from analyzer.rules.reading.syntax import name_of, place, tree_of, written
from analyzer.rules.samples import at, sample

REFUSED = "does not require grad"


class NothingTrainable(Rule):
    """Everything is frozen."""

    code = "FL602"
    name = "nothing-trainable"
    kind = "parameters"
    severity = "error"
    confidence = 0.98
    frameworks = frozenset({"torch"})
    needs = ("census",)
    why = (
        "backward differentiates with respect to parameters whose requires_grad is True, and"
        " optimizers change only what has a gradient (PyTorch documentation, Autograd mechanics)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The counts of the run."""
        seen = program.observation
        assert seen is not None
        census, trouble = seen.census, seen.trouble
        if census is None or census.ineffective_flags:
            return  # a misspelt flag says more
        loops = freezing_loops(program)
        if census.total and not census.trainable and trouble and REFUSED in trouble.message:
            site = place(loops[-1], program.source) if loops else None
            site = first_site(site, trouble.site, census.model_site)
            if site is not None:
                yield Suspicion(
                    site=site.model_copy(update={"end_line": site.line}),
                    message=(
                        f"0 of {count(census.total, 'parameter')} of {census.model} may be"
                        " trained: backward has nothing to differentiate."
                    ),
                    evidence=Evidence(trace={"trainable": 0, "total": census.total}),
                    fix=_moved(program, loops),
                    proof="contract",
                )
        elif census.held and census.held_frozen == census.held and census.trainable:
            yield from _frozen_optimizer(program, census)


def _frozen_optimizer(program: Program, census: Census) -> Iterator[Suspicion]:
    optimizers = program.learner.optimizers if program.learner else ()
    site = first_site(*(optimizer.site for optimizer in optimizers))
    if site is not None:
        yield Suspicion(
            site=site,
            message=f"All {census.held} parameters that the optimizer holds are frozen.",
            evidence=Evidence(trace={"held": census.held, "frozen": census.held_frozen}),
            fix=Declined("which parameters are meant to be trained is the author's choice"),
            proof="contract",
        )


def freezing_loops(program: Program) -> list[ast.For]:
    """The loops of the program whose body sets `requires_grad` to False and nothing else."""
    return [
        node
        for node in ast.walk(tree_of(program.source))
        if isinstance(node, ast.For)
        and len(node.body) == 1
        and isinstance(node.body[0], ast.Assign)
        and name_of(node.body[0].targets[0]) == "requires_grad"
        and isinstance(node.body[0].value, ast.Constant)
        and node.body[0].value.value is False
    ]


def _moved(program: Program, loops: list[ast.For]) -> FixPlan | Declined:
    """The loop moves before the layer that the lines above it put into the model."""
    model = _model_of(loops[-1]) if loops else None
    if len(loops) != 1 or model is None:
        return Declined("what is meant to stay trainable is the author's choice")
    for body in _bodies(tree_of(program.source)):
        lines = [statement.lineno for statement in body]
        if loops[0].lineno not in lines:
            continue
        above = body[: lines.index(loops[0].lineno)]
        heads = [s for s in above if _replaces_part(s, model)]
        if heads:
            text = textwrap.dedent(" " * loops[0].col_offset + written(loops[0], program.source))
            before = InsertBefore(place(heads[0], program.source), text)
            removed = RemoveStatement(place(loops[0], program.source))
            return FixPlan("freeze before the new layer is put in", (removed, before))
    return Declined("what is meant to stay trainable is the author's choice")


def _model_of(loop: ast.For) -> str | None:
    call = loop.iter
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        return ast.unparse(call.func.value) if call.func.attr == "parameters" else None
    return None


def _bodies(tree: ast.Module) -> Iterator[Sequence[ast.stmt]]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            yield body


def _replaces_part(statement: ast.stmt, model: str) -> bool:
    """``model.fc = nn.Linear(...)``."""
    return (
        isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Call)
        and ast.unparse(statement.targets[0]).startswith((f"{model}.", f"{model}["))
    )


FINE_TUNING = """
model.fc = nn.Linear(512, 10)
for p in model.parameters():
    p.requires_grad = False
optimizer = optim.Adam(model.parameters())
loss.backward()
"""
CRASH = NotObserved(
    cause="crash",
    message="RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn",
    site=at(5),
)


def _program(census: Census, trouble: NotObserved | None = None) -> Program:
    optimizer = OptimizerUse(name="adam", site=at(4))
    return sample(
        FINE_TUNING,
        framework="torch",
        learner={"optimizers": (optimizer,)},
        observation=Observation(census=census, trouble=trouble),
    )


EXAMPLES = (
    Example(
        "the new head is frozen with the rest",
        _program(Census(total=62, trainable=0, model="ResNet"), CRASH),
        found=(
            Found(
                2,
                "0 of 62 parameters",
                "for p in model.parameters():\n    p.requires_grad = False\nmodel.fc = nn",
                "contract",
            ),
        ),
    ),
    Example(
        "an optimizer over the frozen part",
        _program(Census(total=62, trainable=2, held=60, held_frozen=60)),
        found=(Found(4, "All 60 parameters", None, "contract"),),
    ),
    Example("a head that trains", _program(Census(total=62, trainable=2, held=2))),
    Example(
        "the whole model in the optimizer",
        _program(Census(total=62, trainable=2, held=62, held_frozen=60)),
    ),
    Example("a model that only predicts", _program(Census(total=62, trainable=0))),
)
