"""Source text with the purpose of each line, and what programs of both frameworks begin with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from analyzer.diagnosis.corpus.recipe import Recipe, Role

INDENT = "    "


@dataclass
class Lines:
    """A program while it is written."""

    written: list[str] = field(default_factory=list)
    roles: dict[Role, list[int]] = field(default_factory=dict)
    indent: int = 0

    def add(self, text: str, *roles: Role) -> None:
        """One line; empty text writes an empty line."""
        self.written.append(INDENT * self.indent + text if text else "")
        for role in roles:
            self.roles.setdefault(role, []).append(len(self.written))

    @contextmanager
    def block(self, text: str, *roles: Role) -> Iterator[None]:
        """Lines below a colon."""
        self.add(text, *roles)
        self.indent += 1
        yield
        self.indent -= 1

    @property
    def text(self) -> str:
        """The whole program."""
        return "\n".join(self.written) + "\n"

    def lines_of(self) -> Mapping[Role, tuple[int, ...]]:
        """Line numbers by purpose."""
        return {role: tuple(numbers) for role, numbers in self.roles.items()}


def write_imports(lines: Lines, recipe: Recipe) -> None:
    """What the data needs."""
    lines.add("import numpy as np")
    for module, name in recipe.data.imports:
        lines.add(f"from {module} import {name}")
    if recipe.spelling.validation:
        lines.add("from sklearn.model_selection import train_test_split")


def write_data(lines: Lines, recipe: Recipe) -> None:
    """`X` and `y` (`X_test`, `y_test`), scaled or not, the labels right or wrong."""
    write_samples(lines, recipe)
    write_label_fault(lines, recipe)
    if recipe.spelling.validation:
        split = "train_test_split(X, y, test_size=0.2, random_state=0)"
        lines.add(f"X, X_test, y, y_test = {split}", "data")


def write_samples(lines: Lines, recipe: Recipe) -> None:
    """`X` and `y`, the labels right."""
    data = recipe.data
    for line in data.lines:
        lines.add(line, "data")
    if recipe.scaled:
        for line in data.scaling:
            lines.add(line, "scaling", "data")
    if recipe.target_scaled:
        for line in data.target_scaling:
            lines.add(line, "scaling", "labels", "data")


def write_label_fault(lines: Lines, recipe: Recipe) -> None:
    """What is wrong with the labels, if anything."""
    changed = {
        "shuffled": "y = np.random.default_rng(1).permutation(y)",
        "rolled": "y = np.roll(y, 7, axis=0)[::-1]",
        "plus_minus": "y = 2 * y - 1",
    }.get(recipe.labels)
    if changed:
        lines.add(changed, "labels")


def number(value: float) -> str:
    """A number as people write it."""
    return f"{value:g}" if value < 1e-2 or value >= 1000 else repr(round(value, 6))
