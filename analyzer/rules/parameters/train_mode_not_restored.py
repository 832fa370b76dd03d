"""Training that goes on in eval mode.

What it finds
    A loop that begins in train mode, switches to eval mode for validation, and trains on without
    switching back, in a model with dropout or batch norm.
Why it hurts
    From the second epoch on dropout does nothing, and batch norm uses its running statistics and
    does not move them: the model is trained differently than it was meant to be.
How it is measured
    The mode of the modules at the backward pass before each step, and the call that switched.
When it is right
    In models without dropout and batch norm; with some layers in eval mode on purpose, while others
    are in train mode.
Example
    model.train()
    for epoch in range(epochs):
        train(model)
        model.eval()
        validate(model)
Instead
    for epoch in range(epochs):
        model.train()
        train(model)
        model.eval()
        validate(model)
The fix
    `train()` as the first statement of the epoch. Safe.
Sources
    PyTorch documentation of Module.train and Module.eval.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Change, Declined, FixPlan, InsertBefore, RemoveStatement
from analyzer.observed import Census, Layer, ModeLost, Observation, Site, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.evaluations import switches
from analyzer.rules.reading.proof import first_site
from analyzer.rules.reading.syntax import around, place, tree_of, written
from analyzer.rules.samples import at, linear, other, sample

MODAL = frozenset({"dropout", "batch_norm"})
LOOPS = 2  # the epochs and the batches around a backward pass


class TrainModeNotRestored(Rule):
    """Eval mode that stays."""

    code = "FL607"
    name = "train-mode-not-restored"
    kind = "train_mode"
    severity = "error"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ("census", "graph")
    why = (
        "eval() holds until train() is called; in eval mode dropout does nothing and batch norm's"
        " statistics stand still (PyTorch documentation of Module.eval)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The first step in eval mode after others in train mode."""
        assert program.observation is not None
        assert program.graph is not None
        census = program.observation.census
        lost = census.mode_lost if census else None
        modal = [layer.name for layer in program.graph.layers if layer.op in MODAL]
        if lost is None:
            if census is not None and census.evaluated is False and _ended_early(program):
                yield self.unchecked("validation was not reached in the warm-up")
            return
        site = first_site(lost.backward_site, lost.eval_site)
        if modal and site is not None:
            where = f" on line {lost.eval_site.line}" if lost.eval_site else ""
            yield Suspicion(
                site=site,
                message=(
                    f"After {lost.step} steps training went on in eval mode, set{where} and never"
                    f" taken back: {modal[0]} no longer works as in training."
                ),
                evidence=Evidence(trace={"first_step_in_eval_mode": lost.step + 1}),
                fix=_restored(program, lost),
                proof="contract",
                root=f"train_mode:{site.line}",
            )


def _ended_early(program: Program) -> bool:
    return program.trace is None or program.trace.ended != "program_end"


def _restored(program: Program, lost: ModeLost) -> FixPlan | Declined:
    """`train()` before the loop over the batches, inside the loop over the epochs."""
    model = _switched_model(program, lost.eval_site)
    batches = _batch_loop(program, lost.backward_site)
    if model is None or batches is None:
        return Declined("where the epoch begins was not found in the source")
    changes: tuple[Change, ...] = (
        InsertBefore(place(batches, program.source), f"{model}.train()"),
    )
    alone = [c for c in switches(program, "train") if _is_statement(program, c)]
    if len(alone) == 1 and alone[0].lineno == _line_before_epochs(program, lost.backward_site):
        changes = (RemoveStatement(place(alone[0], program.source)), *changes)
    return FixPlan("switch back to train mode in every epoch", changes)


def _is_statement(program: Program, call: ast.Call) -> bool:
    statements = around(tree_of(program.source), place(call, program.source), program.source)
    last = statements[-1] if statements else None
    return isinstance(last, ast.Expr) and last.value.lineno == call.lineno


def _line_before_epochs(program: Program, backward: Site | None) -> int | None:
    """The line right above the loop over the epochs."""
    statements = around(tree_of(program.source), backward, program.source)
    loops = [s for s in statements if isinstance(s, ast.For | ast.While)]
    return loops[0].lineno - 1 if len(loops) >= LOOPS else None


def _switched_model(program: Program, site: Site | None) -> str | None:
    for call in switches(program, "eval"):
        same = site is not None and call.lineno == site.line
        if same and isinstance(call.func, ast.Attribute):
            return written(call.func.value, program.source)
    return None


def _batch_loop(program: Program, backward: Site | None) -> ast.stmt | None:
    """The innermost loop around the backward pass, when a loop over epochs is around it too."""
    statements = around(tree_of(program.source), backward, program.source)
    loops = [s for s in statements if isinstance(s, ast.For | ast.While)]
    inside = any(isinstance(s, ast.FunctionDef) for s in statements)
    return loops[-1] if len(loops) >= LOOPS or (loops and inside) else None


LOOP = """
model.train()
for epoch in range(10):
    for x, y in loader:
        loss = criterion(model(x), y)
        loss.backward()
    model.eval()
    validate(model)
"""


def _program(lost: ModeLost | None, *layers: Layer, ended: str = "program_end") -> Program:
    census = Census(trainable=4, evaluated=ended != "steps", mode_lost=lost)
    trace = Trace.model_validate({"steps": 60, "ended": ended})
    return sample(
        LOOP, framework="torch", layers=layers, trace=trace, observation=Observation(census=census)
    )


DROPOUT = other(1, "dropout", "Dropout", rate=0.5)
LOST = ModeLost(step=16, eval_site=at(6), backward_site=at(5))

EXAMPLES = (
    Example(
        "train mode before the epochs alone",
        _program(LOST, linear(1, 8), DROPOUT),
        found=(
            Found(
                5,
                "After 16 steps",
                "for epoch in range(10):\n    model.train()\n    for x, y",
                "contract",
            ),
        ),
    ),
    Example("nothing that has a mode", _program(LOST, linear(1, 8), linear(1, 2))),
    Example("train mode all along", _program(None, linear(1, 8), DROPOUT)),
    Example(
        "not reached",
        _program(None, linear(1, 8), DROPOUT, ended="steps"),
        unchecked="not reached",
    ),
)
