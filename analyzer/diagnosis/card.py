"""The figures of the model card as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan

from analyzer.diagnosis.evaluation import HeldOut
from analyzer.diagnosis.stability import Stability

METHODS = (
    "method",
    "true kind in top 2",
    "in top 1",
    "sound called sound",
    "faulty not called sound",
    "precision",
    "recall",
)
KINDS = ("kind", "held-out programs", "precision", "recall", "in top 2")


def card_tables(
    held: HeldOut, repeats: Stability | None = None, structural: HeldOut | None = None
) -> str:
    """What was measured on the held-out base programs."""
    first = held.methods[0]
    lines = [
        f"Trained on {held.trained} programs of {held.bases} base programs; judged on"
        f" {first.faulty} faulty and {first.sound} sound programs of {held.held_bases} others.",
        "",
        *_table(
            METHODS,
            (
                (
                    one.method,
                    _percent(one.top_two),
                    _percent(one.top_one),
                    _percent(one.sound_kept),
                    _percent(one.faulty_caught),
                    _percent(one.precision),
                    _percent(one.recall),
                )
                for one in held.methods
            ),
        ),
        "",
        *_table(
            KINDS,
            (
                (
                    f"`{one.kind}`",
                    str(one.programs),
                    _percent(one.precision),
                    _percent(one.recall),
                    _percent(one.top_two),
                )
                for one in held.kinds
            ),
        ),
    ]
    if structural is not None:
        lines += ["", _structural(structural)]
    if repeats is not None:
        lines += ["", _repeats(repeats)]
    return "\n".join(lines) + "\n"


def _structural(held: HeldOut) -> str:
    """The model of programs that did not train on their own data, in a sentence."""
    first = held.methods[0]
    return (
        f"By structure alone ({first.faulty} views of the faulty programs, {first.sound} of the"
        f" sound ones): a true kind in the top 2 for {_percent(first.top_two)}, in the top 1 for"
        f" {_percent(first.top_one)}; sound called sound {_percent(first.sound_kept)}, faulty not"
        f" {_percent(first.faulty_caught)}; precision {_percent(first.precision)}, recall"
        f" {_percent(first.recall)}."
    )


def _repeats(repeats: Stability) -> str:
    return (
        f"{repeats.programs} held-out programs, {repeats.runs} repeats with other seeds: the same"
        f" verdict in {_percent(repeats.same)}, the same answer to sound or not in"
        f" {_percent(repeats.called)}."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def _percent(value: float) -> str:
    return "–" if isnan(value) else f"{100 * value:.0f} %"
