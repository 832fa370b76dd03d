"""Validation in train mode.

What it finds
    Forward passes on held-out data while dropout or batch norm layers of the model are in train
    mode.
Why it hurts
    Dropout removes other units at every pass, and batch norm normalizes each batch by its own
    statistics and moves its running ones with data of the validation set: the figures differ from
    pass to pass, are worse than the model, and the model has seen the validation data.
How it is measured
    The mode of every dropout and batch norm layer at passes that no backward pass follows, on
    batches of another loader than the training loader, or in code that speaks of validation.
When it is right
    Where several answers are drawn for one input (Monte Carlo dropout), for pseudo-labels and
    momentum encoders inside a training step, and in models without such layers: not reported.
Example
    with torch.no_grad():
        for x, y in val_loader:
            outputs = model(x)
Instead
    model.eval()
    with torch.no_grad():
        for x, y in val_loader:
            outputs = model(x)
    model.train()
The fix
    `eval()` before the validation, and `train()` after it where nothing else switches back. Safe.
Sources
    PyTorch documentation of Module.eval; Srivastava et al., Dropout, JMLR 2014, section 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Change, Declined, FixPlan, InsertAfter, InsertBefore
from analyzer.observed import Census, EvaluationSeen, Observation, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.evaluations import (
    beginning,
    evaluations,
    model_name,
    switches,
    why_unseen,
)
from analyzer.rules.reading.proof import count
from analyzer.rules.samples import at, sample


class TrainModeInValidation(Rule):
    """Figures of a model that is still in train mode."""

    code = "FL606"
    name = "train-mode-in-validation"
    kind = "train_mode"
    severity = "error"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("census",)
    why = (
        "In train mode dropout draws and batch norm uses and moves batch statistics; no_grad does"
        " not change the mode (PyTorch documentation of Module.eval)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The passes on held-out data, by place."""
        assert program.observation is not None
        census = program.observation.census
        assert census is not None
        reason = why_unseen(program, census)
        if reason is not None:
            yield self.unchecked(reason)
            return
        for seen in evaluations(program, census):
            if seen.training and seen.training == seen.modal and seen.site is not None:
                yield Suspicion(
                    site=seen.site,
                    message=(
                        f"{count(seen.calls, 'validation pass').replace('passs', 'passes')} ran"
                        f" with {seen.training} of {count(seen.modal, 'layer')} of dropout and"
                        f" batch norm in train mode, {seen.first_modal} among them."
                    ),
                    evidence=Evidence(trace=seen.model_dump(exclude={"site"})),
                    fix=_switched(program, seen),
                    proof="contract",
                )


def _switched(program: Program, seen: EvaluationSeen) -> FixPlan | Declined:
    found, model = beginning(program, seen.site), model_name(program, seen.site)
    if found is None or model is None:
        return Declined("where validation begins was not found in the source")
    where, _ = found
    changes: tuple[Change, ...] = (InsertBefore(where, f"{model}.eval()"),)
    if switches(program, "train"):
        return FixPlan("switch to eval mode before validation", changes)
    changes = (*changes, InsertAfter(where, f"{model}.train()"))
    return FixPlan("switch to eval mode for validation and back", changes)


LOOP = """
for epoch in range(10):
    model.train()
    for x, y in train_loader:
        criterion(model(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        for x, y in val_loader:
            outputs = model(x)
"""


def _program(*, ended: str = "program_end", text: str = LOOP, **facts: object) -> Program:
    seen = {
        "site": at(8).model_copy(update={"column": 22, "end_column": 30}),
        "calls": 4,
        "other_loader": True,
        "training": 2,
        "modal": 2,
        "first_modal": "drop (Dropout)",
    }
    evaluation = EvaluationSeen.model_validate({**seen, **facts})
    census = Census(trainable=4, evaluations=(evaluation,), evaluated=bool(evaluation.calls))
    trace = Trace.model_validate({"steps": 60, "ended": ended})
    return sample(text, framework="torch", trace=trace, observation=Observation(census=census))


EXAMPLES = (
    Example(
        "no eval mode",
        _program(),
        found=(
            Found(8, "2 of 2 layers", "    model.eval()\n    with torch.no_grad():", "contract"),
        ),
    ),
    Example(
        "no mode at all",
        _program(text=LOOP.replace("    model.train()\n", "    pass\n")),
        found=(Found(8, "drop (Dropout)", "outputs = model(x)\n    model.train()", "contract"),),
    ),
    Example("eval mode", _program(training=0)),
    Example("dropout alone kept on", _program(training=1)),
    Example("several draws for one input", _program(same_input=True)),
    Example("not reached", _program(calls=0, ended="steps"), unchecked="not reached"),
)
