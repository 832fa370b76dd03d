"""What the static reader finds in a program's source: calls that matter, with exact ranges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from analyzer.kinds import Framework
from analyzer.observed import Graph, Learner, Site

Role = Literal[
    "layer",
    "activation",
    "model",
    "loss",
    "optimizer",
    "scheduler",
    "compile",
    "fit",
    "evaluate",
    "predict",
    "loader",
    "backward",
    "step",
    "zero_grad",
    "train_mode",
    "eval_mode",
    "data",
    "scaling",
    "label_encoding",
    "split",
    "metric",
]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call.

    Attributes:
        keyword: its keyword, None when positional.
        position: its position among the positional arguments, None when by keyword.
        text: its source text.
        value: its value when it is a literal or a name that resolves to one, else None.
        known: whether `value` is known (distinguishes a literal None from unknown).
        resolved: dotted name when it is a name or call of something imported, else None.
        site: the range of the value alone; for a keyword argument without its keyword.
        value_site: where the literal itself is written when a name was followed
            (``LEARNING_RATE = 0.1``); equal to `site` for a literal in place.
    """

    keyword: str | None
    position: int | None
    text: str
    site: Site
    value: object = None
    known: bool = False
    resolved: str | None = None
    value_site: Site | None = None


@dataclass(frozen=True, slots=True)
class CallSite:
    """One call that matters.

    Attributes:
        role: what the call does.
        callee: full dotted name after following imports: "keras.layers.Dense",
            "torch.nn.functional.relu"; for a method of an unknown object "?.fit".
        name: the last part: "Dense".
        receiver: source text before the last dot of a method call: "model", "self.conv1".
        site: the range of the whole call; statement: the range of its whole statement.
        function: qualified name of the enclosing function or class method, "" at module level.
        loops: how many for/while loops enclose it in its function.
        target: the name that the result is assigned to: "model", "self.fc1", else None.
    """

    role: Role
    callee: str
    name: str
    site: Site
    statement: Site
    arguments: tuple[Argument, ...] = ()
    receiver: str | None = None
    function: str = ""
    loops: int = 0
    target: str | None = None

    def argument(self, keyword: str, position: int | None = None) -> Argument | None:
        """The argument given by this keyword or at this position, or None."""
        for argument in self.arguments:
            if argument.keyword == keyword:
                return argument
            if position is not None and argument.position == position:
                return argument
        return None


@dataclass(frozen=True, slots=True)
class SyntaxTrouble:
    """A syntax error: the file was read without the lines that do not parse."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class SourceIndex:
    """All that the source alone shows of one program.

    Attributes:
        path: the program, relative to the root, with "/".
        framework: which framework trains; None when none does.
        calls: in source order, over the program and its local imports.
        graph: the model as far as the source shows it, origin "static"; None when it shows none.
        learner: loss, optimizer, rates as far as the source shows them, origin "static".
        imports: top-level module names that the program imports.
        data_site: the last statement that produces the training inputs of fit or of the loop.
        labels_site: likewise for the labels.
        inputs_name, labels_name: source text of the training inputs and labels: "x_train".
        evaluated_names: names given to evaluate or predict: "x_test".
        stated_shape: input shape that the source states, when the model has none.
        troubles: syntax errors; everything else was read without them.
        readable: the program's text without what does not parse; None when all of it parses or
            nothing is left.
        ignored: rule names silenced per line (``# faultline: ignore[rule]``); "*" for all.
        lines: the program's lines, without line breaks (of the script for a notebook).
    """

    path: str
    framework: Framework | None
    calls: tuple[CallSite, ...] = ()
    graph: Graph | None = None
    learner: Learner | None = None
    imports: frozenset[str] = frozenset()
    data_site: Site | None = None
    labels_site: Site | None = None
    inputs_name: str | None = None
    labels_name: str | None = None
    evaluated_names: tuple[str, ...] = ()
    stated_shape: tuple[int | None, ...] | None = None
    troubles: tuple[SyntaxTrouble, ...] = ()
    readable: str | None = None
    ignored: dict[int, frozenset[str]] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    def by_role(self, *roles: Role) -> tuple[CallSite, ...]:
        """The calls with one of these roles, in source order."""
        return tuple(call for call in self.calls if call.role in roles)

    def at(self, site: Site | None) -> CallSite | None:
        """The call that is written exactly at this site, else the first that starts on its line."""
        if site is None:
            return None
        same_line = [
            call
            for call in self.calls
            if call.site.path == site.path and call.site.line == site.line
        ]
        for call in same_line:
            if (call.site.column, call.site.end_line, call.site.end_column) == (
                site.column,
                site.end_line,
                site.end_column,
            ):
                return call
        return same_line[0] if same_line else None
