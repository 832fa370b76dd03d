"""Weight decay that is many times larger than the gradient of the loss.

What it finds
    A PyTorch optimizer that adds so much weight decay to the gradients that the gradient of the
    loss hardly counts.
Why it hurts
    The optimizer follows gradient + decay * weight. At a minimum of loss and penalty the two cancel
    each other: decay * |weight| / |gradient| is 1. Where it is ten, the step goes where the decay
    points, to zero, whatever the data say; with smaller weights all gradients become smaller too.
    Adam divides by the size of the sum: it moves to zero at its full rate.
How it is measured
    decay * |weight| / |gradient| in every trained layer at every looked-at step: always at least 5,
    at least 10 in the second half of the warm-up and not falling towards 1; the decay is more than
    the largest usual one, 0.01; and the norm of the weights of every layer fell by 1 % or more.
    Gradients that were clipped count with the norm that they had before.
When it is right
    Decoupled decay (AdamW; every optimizer of Keras) is not looked at: it is not added to the
    gradients, and 0.1 is usual there. A model of a single layer is left alone: it may be a ridge
    regression or a support vector machine. So are embeddings, of which a batch touches few rows,
    layers with a gradient of exactly zero, and groups of parameters with different decays.
Example
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1.0)
Instead
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-4)
The fix
    A usual decay, 1e-4. Not safe: the best one must be measured.
Sources
    Krogh and Hertz 1991, equations 2 and 3; Loshchilov and Hutter 2019, algorithm 2; PyTorch
    documentation of torch.optim.Adam; 1e-4 as in He et al. 2016, section 3.4, 5e-4 as in Simonyan
    and Zisserman 2015, section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import OptimizerUse, Trace
from analyzer.observed.trace import LayerPoint, LayerTrace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.points import Points, all_finite, halves, trained_points
from analyzer.rules.reading.proof import number
from analyzer.rules.samples import linear, other, sample

ALWAYS = 5.0
"""Decay over gradient at every looked-at step; 1 at a minimum."""
LATER = 10.0
"""Mean over the second half of the looked-at steps."""
APPROACHING = 0.9
"""Second half over first half; below, the weights are on their way to a balance."""
LARGEST_USUAL = 0.01
"""Decay that is added to gradients: published trainings use 1e-6 to 1e-2."""
LEAST_FALL = 0.01
"""Of the norm of a layer's weights, over the warm-up."""
FEWEST_POINTS = 4
FEWEST_LAYERS = 2
USUAL = "1e-4"


class DecayOutweighsGradient(Rule):
    """The weights are drawn to zero, and the loss has no say."""

    code = "FL508"
    name = "decay-outweighs-gradient"
    kind = "optimizer"
    severity = "warning"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("trace", "optimizer", "seen_graph")
    why = (
        "At a minimum of loss and penalty the decay is as large as the gradient; many times larger,"
        " it draws the weights to zero whatever the data say (Krogh and Hertz 1991)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The only optimizer, in all layers that it trains."""
        assert program.learner is not None
        heavy = [use for use in program.learner.optimizers if _is_heavy(use)]
        if not heavy:
            return
        reason = _not_told(program, heavy[0])
        if reason is not None:
            yield self.unchecked(reason)
            return
        use, layers = heavy[0], _layers(program)
        decay = (use.coupled_decay or 0.0) / _clipped(program)
        if use.site is not None and layers and all(_outweighs(p, decay) for p in layers):
            yield Suspicion(
                site=use.site,
                message=_message(use, layers, decay),
                evidence=Evidence(trace={"weight_decay": use.weight_decay, "layers": len(layers)}),
                fix=_fix(program, use),
                proof="contract",
            )


def _is_heavy(use: OptimizerUse) -> bool:
    return use.coupled_decay is not None and (use.weight_decay or 0.0) > LARGEST_USUAL


def _not_told(program: Program, use: OptimizerUse) -> str | None:
    """Why the decay cannot be compared with the gradients."""
    assert program.learner is not None
    if len(program.learner.optimizers) > 1:
        return "which optimizer moves which layer is not known"
    if use.coupled_decay != use.weight_decay:
        return "the weight decay is not the same for all parameters and steps"
    order = program.observation.order if program.observation else None
    clips = [event for event in order.events if event.bound is not None] if order else []
    if any(event.norm is None for event in clips):
        return "how much the gradients were clipped is not known"
    return None


def _clipped(program: Program) -> float:
    """How many times larger the gradients may have been before they were clipped."""
    order = program.observation.order if program.observation else None
    shares = [e.norm / e.bound for e in (order.events if order else ()) if e.norm and e.bound]
    return max([1.0, *shares])


def _layers(program: Program) -> list[Points]:
    """The points of the trained layers; none when they do not tell enough."""
    assert program.trace is not None
    assert program.graph is not None
    kinds = {layer.index: layer.op for layer in program.graph.layers}
    every = trained_points(program.trace)
    found = [points for index, points in every.items() if kinds.get(index) != "embedding"]
    enough = len(found) >= FEWEST_LAYERS and min(map(len, found)) >= FEWEST_POINTS
    return found if enough and all(map(_moves, found)) else []


def _moves(points: Points) -> bool:
    """Whether there is something to compare at each point."""
    known = all(point.weight_norm and point.gradient_norm for point in points)
    return known and all_finite(points)


def _ratios(points: Points, decay: float) -> list[float]:
    return [decay * (p.weight_norm or 0.0) / (p.gradient_norm or 1.0) for p in points]


def _fall(points: Points) -> float:
    """By which part of itself the norm of the weights fell."""
    return 1.0 - (points[-1].weight_norm or 0.0) / (points[0].weight_norm or 1.0)


def _outweighs(points: Points, decay: float) -> bool:
    ratios = _ratios(points, decay)
    before, after = halves(ratios)
    lasting = min(ratios) >= ALWAYS and after >= max(LATER, APPROACHING * before)
    return lasting and _fall(points) >= LEAST_FALL


def _message(use: OptimizerUse, layers: list[Points], decay: float) -> str:
    ratios = [ratio for points in layers for ratio in _ratios(points, decay)]
    falls = sorted({f"{100 * _fall(points):.0f}" for points in layers}, key=float)
    last = max(points[-1].step for points in layers)
    return (
        f"{use.name} adds a weight decay of {number(use.weight_decay or 0.0)} to the gradients:"
        f" in all {len(layers)} layers it is {number(min(ratios))} to {number(max(ratios))} times"
        f" the gradient of the loss, at each of {len(layers[0])} looked-at steps, and after"
        f" {last} steps the weights have lost {_between(falls)} % of their norm."
    )


def _between(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{texts[0]} to {texts[-1]}"


def _fix(program: Program, use: OptimizerUse) -> FixPlan | Declined:
    call = program.source.at(use.site)
    given = call.argument("weight_decay") if call else None
    if given is None or not given.known or given.value != use.weight_decay:
        return Declined("the weight decay is not written as a number")
    place = given.value_site or given.site
    description = f"start with a weight decay of {USUAL}"
    return FixPlan(description, (ReplaceExpression(place, USUAL),), safe=False)


ADAM = "optimizer = optim.Adam(net.parameters(), lr=1e-3, weight_decay=1.0)"
NET = (linear(1, 16), linear(1, 3))
STEPS = (0, 2, 4, 20, 40, 59)
SHRINKING = (4.0, 3.9, 3.8, 3.0, 2.0, 1.0)
VANISHING = (0.3, 0.28, 0.26, 0.2, 0.1, 0.02)
COUPLED = {"weight_decay": 1.0, "coupled_decay": 1.0}


def _program(
    *layers: tuple[tuple[float, ...], tuple[float, ...]],
    text: str = ADAM,
    optimizer: str = "adam",
    first: str = "dense",
    **facts: float | None,
) -> Program:
    """Layers by the norms of their weights and of their gradients."""
    traces = []
    for index, norms in enumerate(layers):
        values = zip(STEPS, *norms, strict=True)
        points = (LayerPoint(step=s, weight_norm=w, gradient_norm=g) for s, w, g in values)
        traces.append(LayerTrace(layer=index, points=tuple(points)))
    embedding = other(1, "embedding", "Embedding")
    return sample(
        text,
        framework="torch",
        layers=NET if first == "dense" else (embedding, *NET[1:]),
        optimizer=optimizer,
        optimizer_line=1,
        optimizer_facts={**COUPLED, **facts},
        trace=Trace(steps=60, layers=tuple(traces)),
    )


COLLAPSE = (SHRINKING, VANISHING)
STRONG = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0)

EXAMPLES = (
    Example(
        "a decay of 1 in Adam",
        _program(COLLAPSE, COLLAPSE),
        found=(Found(1, "is 13.3 to 50 times", "weight_decay=1e-4)", "contract"),),
    ),
    Example(
        "the decay is not written there",
        _program(COLLAPSE, COLLAPSE, text=ADAM.replace("1.0", "options.decay")),
        found=(Found(1, "have lost 75 % of their norm", None, "contract"),),
    ),
    Example("one layer follows its gradient", _program(COLLAPSE, (SHRINKING, STRONG))),
    Example(
        "a usual decay and a gradient that is tiny because everything is learned",
        _program(COLLAPSE, COLLAPSE, weight_decay=5e-4, coupled_decay=5e-4),
    ),
    Example(
        "AdamW: the decay is not added to the gradients",
        _program(
            COLLAPSE,
            COLLAPSE,
            text=ADAM.replace("Adam", "AdamW"),
            optimizer="adamw",
            coupled_decay=None,
        ),
    ),
    Example(
        "a ridge regression on its way to the balance",
        _program((SHRINKING, (0.3, 0.3, 0.3, 0.3, 0.2, 0.1))),
    ),
    Example(
        "two layers on their way to the balance",
        _program(*[(SHRINKING, (0.08, 0.08, 0.08, 0.1, 0.1, 0.1))] * 2),
    ),
    Example("an embedding and one layer", _program(COLLAPSE, COLLAPSE, first="embedding")),
    Example("dead layers", _program(COLLAPSE, (SHRINKING, (0.0,) * 6))),
    Example("weights that do not shrink", _program(COLLAPSE, (STRONG, VANISHING))),
    Example(
        "biases without decay",
        _program(COLLAPSE, COLLAPSE, coupled_decay=0.0),
        unchecked="not the same for all parameters",
    ),
)
