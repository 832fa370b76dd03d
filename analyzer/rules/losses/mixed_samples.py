"""Samples of a batch that change each other's output.

What it finds
    A network whose answer for one sample depends on the other samples of the batch, in eval mode:
    a view where a transpose belongs, or a recurrent or attention layer that takes the batch axis
    for time.
Why it hurts
    Every answer mixes several samples, so the network cannot tell which target belongs to which
    input; with another batch the same sample gets another answer.
How it is measured
    After the warm-up all samples but the last are exchanged for others: the last output must stay
    the same. The change is followed to the layer where it first shows.
When it is right
    When samples are compared on purpose (contrastive losses, graphs, batch statistics): then there
    is no target for each sample alone, or the output is N by N; these are left out.
Example
    self.rnn = nn.LSTM(8, 32)  # batches come as (samples, steps, features)
Instead
    self.rnn = nn.LSTM(8, 32, batch_first=True)
The fix
    batch_first=True, where the layer that mixes has this argument.
Sources
    Karpathy, A Recipe for Training Neural Networks ("use backprop to chart dependencies"); PyTorch
    documentation of LSTM, "batch_first".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, SetArgument
from analyzer.observed import Independence, Layer, Observation, Probes, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.mends import layer_call
from analyzer.rules.reading.modules import NOT_ASKED, named_layer, place_of, reshaping_before
from analyzer.rules.reading.proof import number
from analyzer.rules.samples import linear, other, sample

BATCH_FIRST = ("LSTM", "GRU", "RNN", "MultiheadAttention", "TransformerEncoderLayer")


class MixedSamples(Rule):
    """One sample's answer depends on the others."""

    code = "FL688"
    name = "mixed-samples"
    kind = "data_shape"
    severity = "error"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("trace",)
    why = (
        "The answer for one sample must not depend on which others share its batch (Karpathy, A"
        " Recipe for Training Neural Networks)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The probe of independence."""
        probes = program.observation.probes if program.observation else None
        if probes is None:
            yield self.unchecked(NOT_ASKED)
        seen = probes.independence if probes else None
        if seen is None or not seen.moved:
            return
        layer = named_layer(program, seen.layer)
        culprit = layer if seen.inside else reshaping_before(program, layer)
        site = place_of(program, culprit or layer)
        if site is None:
            return
        where = f" The change first shows in {seen.layer}." if seen.layer else ""
        yield Suspicion(
            site=site,
            message=(
                f"Exchanging the other {seen.samples - 1} samples of a batch changes the last"
                f" one's output by {number(seen.largest)} (deviation of all outputs"
                f" {number(seen.spread)}).{where}"
            ),
            evidence=Evidence(trace=seen.model_dump()),
            fix=_fix(program, culprit if seen.inside else None),
            proof="contract",
        )


def _fix(program: Program, layer: Layer | None) -> FixPlan | Declined:
    call = layer_call(program.source, layer) if layer is not None else None
    if call is None or call.name not in BATCH_FIRST:
        return Declined("how the axes are meant is the author's choice")
    change = SetArgument(call.site, "batch_first", "True")
    return FixPlan("take the first axis for the batch", (change,), safe=False)


TEXT = """
self.rnn = nn.LSTM(8, 32)
self.head = nn.Linear(32, 2)
x = x.view(20, -1, 8)
"""


def _program(**facts: object) -> Program:
    base = {"samples": 5, "moved": 1, "largest": 0.3, "spread": 0.4, "layer": "rnn", "inside": True}
    seen = Independence.model_validate({**base, **facts})
    return sample(
        TEXT,
        framework="torch",
        layers=(
            other(3, "reshape", "view"),
            other(1, "recurrent", "LSTM", name="rnn"),
            linear(2, 2, name="head"),
        ),
        trace=Trace(steps=20),
        observation=Observation(probes=Probes(independence=seen)),
    )


EXAMPLES = (
    Example(
        "a layer that takes the batch for time",
        _program(),
        found=(Found(1, "by 0.3", "nn.LSTM(8, 32, batch_first=True)", "contract"),),
    ),
    Example(
        "a view in place of a transpose",
        _program(inside=False),
        found=(Found(3, "first shows in rnn", None, "contract"),),
    ),
    Example("samples stay apart", _program(moved=0, largest=0.0)),
    Example(
        "nothing was asked",
        sample(TEXT, framework="torch", trace=Trace(steps=2)),
        unchecked="after the warm-up",
    ),
)
