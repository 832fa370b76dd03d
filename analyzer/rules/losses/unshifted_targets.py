"""A next-token model that is trained to repeat its input.

What it finds
    Token targets that equal the inputs position by position, under a model that sees no later
    position: the shift by one is missing.
Why it hurts
    The answer to each position is that position itself. The loss falls to zero within a few steps,
    and the model has learned to copy, not to continue.
How it is measured
    Inputs and targets of the warm-up, compared in every row; after it, later positions of the
    input are exchanged and outputs before them stay the same, so the model is a causal one.
When it is right
    When the whole input is to be restored from a short code: such a model sees all positions.
Example
    loss = F.cross_entropy(model(tokens).flatten(0, 1), tokens.flatten())
Instead
    logits = model(tokens[:, :-1])
    loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
The fix
    None is offered: inputs and targets are cut in several places.
Sources
    Hugging Face documentation of causal language modeling: labels are shifted by one inside the
    model, and only there.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import Causality, Observation, Probes, Site, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.losses import only_loss, spoken
from analyzer.rules.reading.modules import NOT_ASKED
from analyzer.rules.reading.proof import first_loss_seen, first_site
from analyzer.rules.samples import at, sample

MOVED = 1e-3  # of the outputs' standard deviation


class UnshiftedTargets(Rule):
    """The model learns to copy."""

    code = "FL684"
    name = "unshifted-targets"
    kind = "label_encoding"
    severity = "error"
    confidence = 0.93
    frameworks = frozenset({"torch"})
    needs = ("loss", "trace")
    why = (
        "A causal model is asked for the next token; with targets equal to the inputs it only"
        " repeats them (Hugging Face documentation of causal language modeling)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Targets and inputs of a causal model over tokens."""
        probes = program.observation.probes if program.observation else None
        if probes is None:
            yield self.unchecked(NOT_ASKED)
        seen, loss = probes.causality if probes else None, only_loss(program)
        if seen is None or loss is None or loss.name not in ("cross_entropy", "nll"):
            return
        if seen.shift == 1 or (seen.shift == 0 and seen.largest > MOVED * seen.spread):
            return
        received = first_loss_seen(program)
        site: Site | None = first_site(received.site if received else None, loss.call_site)
        if site is None:
            return
        where = "the inputs at the same positions" if not seen.shift else "shifted by two"
        yield Suspicion(
            site=site,
            message=(
                f"In every row the targets of {spoken(loss)} are {where}, under a model that"
                " sees no later position: the shift by one is"
                f" {'missing' if not seen.shift else 'made twice'}."
            ),
            evidence=Evidence(trace=seen.model_dump()),
            fix=Declined("inputs and targets are cut in several places"),
            proof="contract",
        )


TEXT = "loss = F.cross_entropy(model(tokens).flatten(0, 1), tokens.flatten())"


def _program(loss: str = "cross_entropy", **facts: object) -> Program:
    base = {"shift": 0, "positions": 16, "changed_from": 8, "largest": 0.0, "spread": 0.6}
    seen = Causality.model_validate({**base, **facts})
    return sample(
        TEXT,
        framework="torch",
        loss=loss,
        loss_facts={"call_site": at(1)},
        trace=Trace(steps=20),
        observation=Observation(probes=Probes(causality=seen)),
    )


EXAMPLES = (
    Example(
        "targets are the inputs",
        _program(),
        found=(Found(1, "the inputs at the same positions", None, "contract"),),
    ),
    Example(
        "shifted twice",
        _program(shift=2),
        found=(Found(1, "the shift by one is made twice", None, "contract"),),
    ),
    Example("shifted once", _program(shift=1)),
    Example("an autoencoder sees all positions", _program(largest=0.5)),
    Example("numbers are restored", _program("mse")),
)
