"""All rules, found by walking the rule packages: a new rule is a new file and nothing else."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType

from analyzer.errors import UsageError
from analyzer.rules import data, dynamics, graph, learner, losses, order, parameters, splits
from analyzer.rules.base import Example, Rule

PACKAGES: tuple[ModuleType, ...] = (
    graph,
    data,
    learner,
    dynamics,
    splits,
    losses,
    parameters,
    order,
)
EVERYTHING = "ALL"


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """One instance of every rule, ordered by code."""
    rules = sorted(_found(), key=lambda rule: rule.code)
    for attribute in ("code", "name"):
        values = [getattr(rule, attribute) for rule in rules]
        repeated = sorted({value for value in values if values.count(value) > 1})
        if repeated:
            raise AssertionError(f"two rules have the same {attribute}: {', '.join(repeated)}")
    return tuple(rules)


def _found() -> Iterator[Rule]:
    for package in PACKAGES:
        for entry in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            module = importlib.import_module(entry.name)
            for _, kind in inspect.getmembers(module, inspect.isclass):
                if issubclass(kind, Rule) and kind.__module__ == module.__name__:
                    yield kind()


def rule_named(name: str) -> Rule:
    """The rule with this name or code."""
    wanted = name.strip().lower()
    for rule in all_rules():
        if wanted in (rule.name, rule.code.lower()):
            return rule
    raise UsageError(f"no rule is called '{name}'; `faultline rules` lists all of them")


def select_rules(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules that are selected and not ignored.

    Args:
        select: names, codes, code prefixes ("FL1"), paper names ("LLM") or "ALL"; empty for all.
        ignore: likewise; an ignored rule is left out even when it is selected.

    Raises:
        UsageError: a word matches no rule.
    """
    chosen = {rule.code for word in (select or (EVERYTHING,)) for rule in _matching(word)}
    dropped = {rule.code for word in ignore for rule in _matching(word)}
    return tuple(rule for rule in all_rules() if rule.code in chosen - dropped)


def _matching(word: str) -> tuple[Rule, ...]:
    wanted = word.strip().lower()
    if wanted == EVERYTHING.lower():
        return all_rules()
    rules = tuple(
        rule
        for rule in all_rules()
        if wanted == rule.name
        or wanted == (rule.paper or "").lower()
        or (wanted.startswith("fl") and rule.code.lower().startswith(wanted))
    )
    if not rules:
        raise UsageError(f"no rule matches '{word}'; `faultline rules` lists all of them")
    return rules


def examples_of(rule: Rule) -> tuple[Example, ...]:
    """The examples that stand in the rule's own file."""
    examples: tuple[Example, ...] = sys.modules[type(rule).__module__].EXAMPLES
    return examples


def page_of(rule: Rule) -> str:
    """The docstring of the rule's file: the user's page."""
    return inspect.cleandoc(sys.modules[type(rule).__module__].__doc__ or "")
