"""Symptoms of a training run: what the warm-up shows to be wrong, and what it may come from.

A symptom is evidence and never a finding by itself: it is listed beside the findings that it
supports, and it orders what the experiments try.
"""
