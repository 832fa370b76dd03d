"""A network that sees the token it is asked for.

What it finds
    A model that is trained to tell the next step of its own input, and whose output depends on
    later steps: a causal mask is missing.
Why it hurts
    The answer stands in the input one position later. Attention copies it, the loss falls towards
    zero, and nothing is left when the model must continue a text it has not seen.
How it is measured
    Targets that equal the inputs one step later, in every row. Then, after the warm-up, later steps
    of the input are exchanged in eval mode: outputs before them must stay the same.
When it is right
    When targets are no part of the input: masked language models, tagging, translation encoders.
Example
    self.layers = nn.TransformerEncoder(layer, 2)
    h = self.layers(x)
Instead
    mask = nn.Transformer.generate_square_subsequent_mask(x.size(1))
    h = self.layers(x, mask=mask, is_causal=True)
The fix
    None is offered: the mask is made and passed in several places.
Sources
    Vaswani et al., Attention Is All You Need, section 3.2.3; minGPT issue 75; nanoGPT issue 331.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import Causality, Observation, Probes, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.modules import NOT_ASKED, named_layer, place_of
from analyzer.rules.reading.proof import number
from analyzer.rules.samples import linear, other, sample

MOVED = 1e-3  # of the outputs' standard deviation; rounding is a thousand times smaller


class FutureSeen(Rule):
    """The past depends on the future."""

    code = "FL683"
    name = "future-seen"
    kind = "layer_type"
    severity = "error"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ("trace",)
    why = (
        "A model that predicts the next step must not attend to later steps, where the answer"
        " stands (Vaswani et al., section 3.2.3)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The probe of causality, where targets are the inputs one step later."""
        probes = program.observation.probes if program.observation else None
        if probes is None:
            yield self.unchecked(NOT_ASKED)
        seen = probes.causality if probes else None
        if seen is None or seen.shift < 1 or seen.largest <= MOVED * seen.spread:
            return
        layer = named_layer(program, seen.layer)
        site = place_of(program, layer)
        if site is None:
            return
        yield Suspicion(
            site=site,
            message=(
                "Targets are the inputs of a later step, and exchanging positions from"
                f" {seen.changed_from} on changes outputs before them by {number(seen.largest)}"
                f" (deviation of all outputs {number(seen.spread)}): the answer is visible."
            ),
            evidence=Evidence(trace=seen.model_dump()),
            fix=Declined("the causal mask is made and passed in several places"),
            proof="contract",
        )


TEXT = """
self.mix = nn.TransformerEncoderLayer(32, 4, batch_first=True)
self.head = nn.Linear(32, 50)
"""


def _program(**facts: object) -> Program:
    base = {"shift": 1, "positions": 16, "changed_from": 8, "largest": 0.4, "spread": 0.6}
    seen = Causality.model_validate({**base, "layer": "mix", **facts})
    return sample(
        TEXT,
        framework="torch",
        layers=(
            other(1, "attention", "TransformerEncoderLayer", name="mix"),
            linear(2, 50, name="head"),
        ),
        trace=Trace(steps=20),
        observation=Observation(probes=Probes(causality=seen)),
    )


EXAMPLES = (
    Example(
        "no mask",
        _program(),
        found=(Found(1, "changes outputs before them by 0.4", None, "contract"),),
    ),
    Example("a causal mask", _program(largest=0.0, layer=None)),
    Example("rounding alone", _program(largest=1e-6, layer=None)),
    Example("the inputs are to be restored", _program(shift=0)),
)
