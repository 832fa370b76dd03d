"""Gradients that are clipped to next to nothing.

What it finds
    Plain SGD whose gradients are clipped, at every step, to a bound so small that the weights
    hardly move.
Why it hurts
    Clipping is meant for rare, too large gradients; the others pass unchanged. Where it cuts every
    gradient to a small part, the bound takes the place of the gradient's length: a step is at most
    as long as rate * bound. Adaptive optimizers divide that factor out, SGD does not.
How it is measured
    PyTorch: the norm before each clipping against its bound. Keras: a tenth of the norm of the
    gradients for up to 32 samples of each looked-at batch (those of the whole batch may be so much
    shorter) against the bound, and the first step, which must be as long as rate * bound allows.
    Reported where always less than 1 % is left, no looked-at step moved the weights of any layer by
    more than a 100,000th of their norm, and the loss did not fall.
When it is right
    Adam and its kin; a small bound with a large rate, as in language models of old (0.25 and 20);
    recurrent networks whose first gradients are huge; a loss that falls all the same; a training of
    so many steps that they add up; a rate that is still rising counts as its peak.
Example
    clip_grad_norm_(net.parameters(), max_norm=1e-4)
    optimizer.step()
Instead
    clip_grad_norm_(net.parameters(), max_norm=1.0)
    optimizer.step()
The fix
    A bound of 1. Not safe: the norms of the gradients tell which one is right.
Sources
    Pascanu et al. 2013, section 3.2 and algorithm 1 (bounds of half to ten times the mean norm);
    PyTorch documentation of torch.nn.utils.clip_grad_norm_; Keras documentation of optimizers.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import OptimizerUse, Trace
from analyzer.observed.trace import LayerPoint, LayerTrace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.clips import CLIPPING, Cut, cut_in_keras, cut_in_torch
from analyzer.rules.reading.order import number_given
from analyzer.rules.reading.points import all_finite, fall, trained_points
from analyzer.rules.reading.proof import number
from analyzer.rules.samples import dense, linear, sample
from analyzer.rules.traces import ordered

LEFT = 0.01
"""Of the gradient's length, at every step."""
STILL = 1e-5
"""Of the norm of a layer's weights, per step."""
FEWEST_POINTS = 4
FALLEN = 0.1
"""Of the loss: it fell, so that the steps are long enough."""
USUAL = "1.0"


class GradientsClippedAway(Rule):
    """The bound is all that is left of the gradients."""

    code = "FL509"
    name = "gradients-clipped-away"
    kind = "optimizer"
    severity = "warning"
    confidence = 0.95
    needs = ("trace", "optimizer")
    why = (
        "Clipping keeps rare gradients from being too large; a bound far below all of them makes"
        " each step of SGD as short as rate times bound (Pascanu et al. 2013)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The only optimizer, when it is SGD and its gradients are clipped."""
        assert program.learner is not None
        used = program.learner.optimizers
        if len(used) != 1 or used[0].name != "sgd":
            return
        is_torch, moved = program.framework == "torch", _largest_move(program)
        cut = cut_in_torch(program) if is_torch else cut_in_keras(program, used[0])
        if cut is None or cut.left >= LEFT or moved is None or _arrives(program, moved):
            return
        faster = _faster(program, used[0])
        if faster is None:
            yield self.unchecked("the highest learning rate of the schedule is not known")
        elif moved * faster < STILL:
            yield Suspicion(
                site=cut.site,
                message=_message(cut, moved),
                evidence=Evidence(trace={"bound": cut.bound, "left": cut.left, "moved": moved}),
                fix=_fix(program, cut),
                proof="contract",
            )


def _largest_move(program: Program) -> float | None:
    """What a step changed at most, over the norm of the weights; None when it is not known."""
    assert program.trace is not None
    layers = trained_points(program.trace).values()
    if not layers or min(map(len, layers)) < FEWEST_POINTS or not all(map(all_finite, layers)):
        return None
    moves = [point.update_ratio for points in layers for point in points]
    known = [move for move in moves if move is not None]
    return max(known) if len(known) == len(moves) else None


def _arrives(program: Program, moved: float) -> bool:
    """Whether the loss fell, or the planned steps together can change the weights."""
    assert program.trace is not None
    order = program.observation.order if program.observation else None
    planned = (order.plan.epochs or 0) * (order.plan.batches or 0) if order else 0
    losses = program.trace.loss
    return not losses or fall(losses) >= FALLEN or planned * moved >= 1


def _faster(program: Program, use: OptimizerUse) -> float | None:
    """How many times higher than in the warm-up the rate will be; None where it is not known."""
    if not use.scheduled:
        return 1.0
    order = program.observation.order if program.observation else None
    peaks = [schedule.peak for schedule in order.schedules] if order else []
    seen = [each.highest for each in order.optimizers] if order else []
    if len(peaks) != 1 or len(seen) != 1 or not peaks[0] or not seen[0]:
        return None
    return max(1.0, peaks[0] / seen[0])


def _message(cut: Cut, moved: float) -> str:
    low, high = (number(norm) for norm in cut.norms)
    between = low if low == high else f"{low} to {high}"
    return (
        f"The gradients are clipped to {number(cut.bound)}, and at each of {cut.steps} looked-at"
        f" steps their norm{cut.of} was {between} before: at most {100 * cut.left:.2g} % is left,"
        f" and no step moved the weights of a layer by more than {moved:.1g} of their norm."
    )


def _fix(program: Program, cut: Cut) -> FixPlan | Declined:
    if cut.argument is not None:
        call = program.source.at(cut.argument.made)
        given = call.argument(cut.argument.keyword) if call else None
        place = (given.value_site or given.site) if given and given.known else None
    else:
        keyword = "max_norm" if program.framework == "torch" else "clip_norm"
        place = number_given(program.source, cut.site, CLIPPING, keyword)
    if place is None:
        return Declined("the bound is not written as a number")
    return FixPlan("clip to a norm of 1", (ReplaceExpression(place, USUAL),), safe=False)


CLIP = """
optimizer = optim.SGD(net.parameters(), lr=0.1)
for x, y in loader:
    optimizer.zero_grad()
    criterion(net(x), y).backward()
    clip_grad_norm_(net.parameters(), 1e-4)
    optimizer.step()
"""
TAPE = """
optimizer = SGD(learning_rate=0.1)
for x, y in data:
    grads = tape.gradient(loss, model.trainable_variables)
    grads, _ = tf.clip_by_global_norm(grads, 1e-4)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
"""
FIT = """
sgd = SGD(learning_rate=0.1, clipnorm=1e-4)
model.compile(loss="mse", optimizer=sgd)
model.fit(x, y)
"""
WEIGHTS = 10.0
FLAT = tuple(1.6 + 0.01 * (step % 3) for step in range(60))
FALLING = tuple(1.6 - 0.01 * step for step in range(60))


def _layers(moved: float, gradient: float = 1.0) -> tuple[LayerTrace, ...]:
    """Two layers, of weights with norm 10, whose step is as long as `moved`."""
    points = tuple(
        LayerPoint(
            step=step, weight_norm=WEIGHTS, gradient_norm=gradient, update_ratio=moved / WEIGHTS
        )
        for step in (0, 2, 4, 20, 40, 59)
    )
    return LayerTrace(layer=0, points=points), LayerTrace(layer=1, points=points)


def _torch(
    norm: float = 2.0,
    moved: float = 1e-5,
    bound: float = 1e-4,
    name: str = "sgd",
    losses: tuple[float, ...] = FLAT,
    times: int = 60,
    text: str = CLIP,
    scheduled: bool = False,
    unscaled: bool = True,
) -> Program:
    events = (
        ("zero_grad", 3, {"of": 0}),
        ("backward", 4),
        *((("unscale", 5, {"of": 0}),) if unscaled else ()),
        ("clip", 5, {"of": 0, "held": 4, "bound": bound, "norm": norm}),
        ("step", 6, {"of": 0, "held": 4, "scaled": True, "rate": 0.1}),
    )
    seen = ordered(text, events, times=times).observation
    return sample(
        text,
        framework="torch",
        layers=(linear(1, 8), linear(1, 2)),
        optimizer=name,
        optimizer_line=1,
        optimizer_facts={"learning_rate": 0.1, "scheduled": scheduled},
        trace=Trace(steps=60, loss=losses, layers=_layers(moved)),
        observation=seen,
    )


def _keras(
    text: str,
    gradient: float = 1.0,
    moved: float = 0.7e-5,
    bound: float = 1e-4,
    together: bool = True,
    **facts: float,
) -> Program:
    clip = ("clip", 4, {"held": 4 if together else 1, "bound": bound})
    events = () if facts else (clip,)
    return sample(
        text,
        layers=(dense(1, 8), dense(1, 2)),
        optimizer="sgd",
        optimizer_line=1,
        optimizer_facts={"learning_rate": 0.1, "momentum": 0.9, **facts},
        trace=Trace(steps=60, loss=FLAT, layers=_layers(moved, gradient)),
        observation=ordered(text, events, framework="keras", optimizers=()).observation,
    )


EXAMPLES = (
    Example(
        "SGD with a bound of 1e-4",
        _torch(),
        found=(Found(5, "norm was 2 before: at most 0.005 % is left", "(), 1.0)", "contract"),),
    ),
    Example(
        "a loop over a tape",
        _keras(TAPE),
        found=(
            Found(
                4,
                "steps their norm for up to 32 samples of the batch was 1.41",
                "(grads, 1.0)",
                "contract",
            ),
        ),
    ),
    Example(
        "an argument of Keras' optimizer",
        _keras(FIT, moved=1e-5, clip_norm=1e-4),
        found=(Found(1, "clipped to 0.0001", "clipnorm=1.0)", "contract"),),
    ),
    Example("a bound of 1 that the gradients of a recurrent network reach", _torch(5.0, 0.1, 1.0)),
    Example("a language model of old: 0.25 with a rate of 20", _torch(60.0, 5.0, 0.25)),
    Example("Adam divides the bound out", _torch(name="adam", moved=0.01)),
    Example("Adam has only just begun", _torch(name="adam")),
    Example("huge gradients: the loss falls all the same", _torch(1e4, losses=FALLING)),
    Example("half of the gradient is left", _torch(2e-4)),
    Example("the gradients are still scaled by the loss", _torch(6e4, unscaled=False)),
    Example(
        "the rate rises, to what is not known",
        _torch(scheduled=True),
        unchecked="the highest learning rate",
    ),
    Example("the bound in Keras is not reached", _keras(TAPE, gradient=1e-5, moved=1e-6)),
    Example("a step that the bound does not explain", _keras(TAPE, gradient=300.0, moved=1e-7)),
)
