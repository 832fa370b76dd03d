"""All symptom checks, found by walking their package, and what they say of a program."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.symptoms import checks
from analyzer.symptoms.base import Symptom, SymptomCheck, SymptomExample


@dataclass(frozen=True, slots=True)
class Examined:
    """What all checks said of one program.

    Attributes:
        symptoms: strongest first.
        unchecked: the checks that could not look, and why.
    """

    symptoms: tuple[Symptom, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()


def examine(program: Program) -> Examined:
    """Look for every symptom; pure."""
    answers = [answer for check in all_checks() for answer in check.examine(program)]
    found = [answer for answer in answers if isinstance(answer, Symptom)]
    found.sort(key=lambda symptom: -symptom.strength)
    return Examined(
        tuple(found), tuple(answer for answer in answers if isinstance(answer, Unchecked))
    )


@functools.cache
def all_checks() -> tuple[SymptomCheck, ...]:
    """One instance of every check, by name."""
    return tuple(sorted(_found(), key=lambda check: check.name))


def _found() -> Iterator[SymptomCheck]:
    for entry in pkgutil.iter_modules(checks.__path__, checks.__name__ + "."):
        module = importlib.import_module(entry.name)
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, SymptomCheck) and kind.__module__ == module.__name__:
                yield kind()


def examples_of(check: SymptomCheck) -> tuple[SymptomExample, ...]:
    """The examples that stand in the check's own file."""
    examples: tuple[SymptomExample, ...] = sys.modules[type(check).__module__].EXAMPLES
    return examples


def page_of(check: SymptomCheck) -> str:
    """The docstring of the check's file: its page."""
    return inspect.cleandoc(sys.modules[type(check).__module__].__doc__ or "")
