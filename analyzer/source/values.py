"""What a name may stand for while a program is read without being run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Union

from analyzer.observed import Site

if TYPE_CHECKING:
    from analyzer.source.models import LayerDraft, ModelDraft, Node
    from analyzer.source.parsing import Parsed


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that the source does not tell."""


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Known:
    """A constant: number, text, None, tuple, list or dict of such.

    Attributes:
        site: where the literal is written.
    """

    value: object
    site: Site | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Something imported, by its full dotted name as the program spells it."""

    dotted: str


@dataclass(eq=False, slots=True)
class Given:
    """One argument of a call, evaluated; the keyword "**" stands for an unknown dictionary.

    Attributes:
        node: the expression; binding: the name that it is, else a nameless one whose parents are
            the names in it; site: its range.
    """

    keyword: str | None
    position: int | None
    node: ast.expr
    value: Value
    binding: Binding | None = None
    starred: bool = False
    site: Site | None = None


@dataclass(eq=False, slots=True)
class Result:
    """What a call of something imported gives: a loss, an optimizer, a loader, an array.

    Attributes:
        callee: canonical dotted name; for a method of a result "<its callee>.<method>".
        site: the call.
        source: the object whose method was called.
        shape: of an array, with its first axis, where the source tells it.
    """

    callee: str
    arguments: tuple[Given, ...]
    site: Site | None = None
    source: Value | None = None
    shape: tuple[int | None, ...] | None = None

    def argument(self, keyword: str, position: int | None = None) -> Given | None:
        """The argument with this keyword or at this position."""
        return pick(self.arguments, keyword, position)


@dataclass(eq=False, slots=True)
class Items:
    """A list or tuple whose items are not all constants."""

    items: list[Value]


@dataclass(eq=False, slots=True)
class Table:
    """A dictionary with constant keys whose values are not all constants."""

    items: dict[object, Value]


@dataclass(eq=False, slots=True)
class Function:
    """A function of the program.

    Attributes:
        owner: the instance or model that it is a method of.
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    qualified: str
    owner: Value | None = None


@dataclass(eq=False, slots=True)
class Class:
    """A class of the program.

    Attributes:
        bases: canonical dotted names or classes of the program.
        members: methods and class attributes, its bases' included.
    """

    node: ast.ClassDef
    scope: Scope
    qualified: str
    bases: tuple[Value, ...]
    members: dict[str, Binding]
    kind: str = ""


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a class of the program, or a bag of attributes (`kind` "namespace").

    Attributes:
        level: how many conditions were around its construction.
        doubtful: whether a condition may put another one in its place.
    """

    cls: Class | None
    attributes: dict[str, Binding] = field(default_factory=dict)
    kind: str = ""
    site: Site | None = None
    level: int = 0
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Tensor:
    """What flows through a model.

    Attributes:
        node: the layer that made it, None for the model's input.
        shape: without the batch dimension, None when unknown.
    """

    node: Node | None = None
    shape: tuple[int | None, ...] | None = None


@dataclass(eq=False, slots=True)
class LossValue:
    """The value of a loss call.

    Attributes:
        loss: the loss object or function called.
        site: the call.
    """

    losses: tuple[tuple[Result, Site], ...]


Value = Union[
    Unknown,
    Known,
    Named,
    Result,
    Items,
    Table,
    Function,
    Class,
    Instance,
    Tensor,
    LossValue,
    "LayerDraft",
    "ModelDraft",
]


@dataclass(eq=False, slots=True)
class Binding:
    """What a name stands for, and the statement that says so.

    Attributes:
        site: the last statement that set or changed it, None for a parameter.
        loops: how many loops were being executed there.
        parents: the names read to make it.
        position: which item of what its parent yields, for ``for images, labels in loader``.
    """

    name: str
    value: Value
    site: Site | None = None
    loops: int = 0
    parents: tuple[Binding, ...] = ()
    position: int | None = None


@dataclass(eq=False, slots=True)
class Scope:
    """Names of a module or of one call of a function.

    Attributes:
        parent: the scope around it; None for a module.
        parsed: the file.
        stars: modules whose names were all imported.
    """

    parsed: Parsed
    parent: Scope | None = None
    names: dict[str, Binding] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    main: bool = True

    def find(self, name: str) -> Binding | None:
        """The binding that this name has here."""
        scope: Scope | None = self
        while scope is not None:
            binding = scope.names.get(name)
            if binding is not None:
                return binding
            scope = scope.parent
        return None

    def module(self) -> Scope:
        """The module's scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


def pick(arguments: tuple[Given, ...], keyword: str, position: int | None = None) -> Given | None:
    """The argument with this keyword, else at this position."""
    for given in arguments:
        if given.keyword == keyword:
            return given
    for given in arguments:
        if position is not None and given.position == position:
            return given
    return None


def items_of(value: Value) -> list[Value] | None:
    """The items of a list or tuple, None for anything else."""
    if isinstance(value, Items):
        return list(value.items)
    if isinstance(value, Known) and isinstance(value.value, (tuple, list)):
        return [Known(item, value.site) for item in value.value]
    return None


def tensors_in(values: list[Value]) -> Iterator[Tensor]:
    """All tensors among these values and their items."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, Items):
            yield from tensors_in(value.items)
