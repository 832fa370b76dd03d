"""Questions that several rules ask of a program; rules never import rules."""
