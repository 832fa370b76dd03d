"""Rules that say exactly why a model gets no gradient or does not move."""

from __future__ import annotations

STARVING = (
    "single-unit-softmax",
    "rate-of-zero",
    "nothing-trainable",
    "gradients-lost",
    "unregistered-modules",
    "stray-optimizer",
    "wrong-optimizer-stepped",
    "gradients-cleared-before-step",
    "step-before-backward",
    "gradients-not-applied",
    "gradients-applied-elsewhere",
    "gradients-missing",
)
"""A finding about nothing but the effect yields to these."""
