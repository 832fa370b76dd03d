"""A delivery as the inbox takes it in, sends messages for it, and hands it out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery as the receiver hands it in.

    Attributes:
        guid: GitHub's X-GitHub-Delivery; the same on a redelivery.
        subject: what it is about, "repository id:number".
        message: JSON of the typed message.
        task, queue: who works on it first.
        weight: how large the work is, in changed files; small work goes first.
    """

    guid: str
    event: str
    subject: str
    message: str
    task: str
    queue: str
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery for which a message must be sent."""

    id: int
    guid: str
    task: str
    queue: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a delivery, until the lease runs out.

    Attributes:
        attempts: how often an earlier try ended in a retryable error.
        token: number of this claim; a later claim has a higher one, which ends this right.
        task, queue: the stage that it waited for.
        queued_at: when it began to wait for this stage.
        outcome: of the last try.
    """

    id: int
    guid: str
    subject: str
    message: str
    received_at: float
    attempts: int
    token: int
    task: str = ""
    queue: str = ""
    queued_at: float = 0.0
    outcome: str = ""
