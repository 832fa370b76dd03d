"""Edits: what a rule wants changed, applied with libcst so that nothing else changes."""
