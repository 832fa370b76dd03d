"""The state of reading one program: where the reader is, what it has met, how much is left."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from analyzer.kinds import Framework
from analyzer.observed import Site
from analyzer.source.models import LayerDraft, ModelDraft, Node, Shape
from analyzer.source.recording import LoopSeen, Record
from analyzer.source.shapes import output_shape
from analyzer.source.values import (
    UNKNOWN,
    Binding,
    Class,
    Function,
    Given,
    Instance,
    Scope,
    Tensor,
    Value,
)

STEP_LIMIT = 60_000
"""Expressions evaluated per program; a training script has a few thousand."""

CALL_DEPTH = 10
"""Nested calls of the program's own functions."""

Loader = Callable[[str, int, Scope], Scope | None]
"""(module name, dots of a relative import, importing scope) -> the local module, or None."""


class OutOfSteps(Exception):
    """The program is longer than what is read."""


class Machine(ABC):
    """State and bookkeeping; subclasses add evaluating, calling and executing.

    Attributes:
        uncertain: how many conditions and loops of unknown length are around the current place.
        gaps: how often a tensor went through something that could not be resolved.
        truncated: whether something was left unread for its size.
    """

    def __init__(self, scope: Scope, load: Loader) -> None:
        self.scope = scope
        self.load = load
        self.record = Record()
        self.frameworks: set[Framework] = set()
        self.imports: set[str] = set()
        self.models: list[Instance | ModelDraft] = []
        self.classes: list[Class] = []
        self.functions: list[Function] = []
        self.entered: set[ast.AST] = set()
        self.nodes: list[Node] = []
        self.reads: list[Binding] = []
        self.running: list[LoopSeen] = []
        self.active: list[ast.AST] = []
        self.returned: list[Value] = []
        self.statement: ast.stmt = ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
        self.function = ""
        self.target: str | None = None
        self.loops = 0
        self.uncertain = 0
        self.steps = 0
        self.order = 0
        self.gaps = 0
        self.truncated = False

    @abstractmethod
    def evaluate(self, node: ast.expr | None) -> Value:
        """The value of an expression."""

    @abstractmethod
    def call_function(self, function: Function, given: tuple[Given, ...]) -> Value:
        """Run one of the program's functions."""

    @abstractmethod
    def call_value(self, value: Value, given: tuple[Given, ...], site: Site) -> Value:
        """Call something."""

    def spend(self) -> None:
        """Count one step.

        Raises:
            OutOfSteps: there are none left.
        """
        self.steps += 1
        if self.steps > STEP_LIMIT:
            self.truncated = True
            raise OutOfSteps

    def next_order(self) -> int:
        """A number that grows with execution."""
        self.order += 1
        return self.order

    def site(self, node: ast.expr | ast.stmt) -> Site:
        """The range of a node in the current file."""
        return self.scope.parsed.site(node)

    def text(self, node: ast.expr) -> str:
        """The source text of an expression in the current file."""
        return self.scope.parsed.text(node)

    @contextmanager
    def maybe(self) -> Iterator[None]:
        """What is read inside may not be executed."""
        self.uncertain += 1
        try:
            yield
        finally:
            self.uncertain -= 1

    def apply_layer(
        self, draft: LayerDraft, inputs: list[Tensor], call_site: Site | None
    ) -> Tensor:
        """Let tensors flow through a layer."""
        shape: Shape | None = inputs[0].shape if inputs else None
        if shape is None and draft.stated_input is not None:
            shape = draft.stated_input
        made = output_shape(draft, shape) if len(inputs) <= 1 or draft.op != "merge" else None
        feeding = tuple(tensor.node for tensor in inputs if tensor.node is not None)
        node = Node(draft, self.next_order(), feeding, call_site, shape, made, level=self.uncertain)
        self.nodes.append(node)
        return self._through_heads(draft, Tensor(node, made), call_site)

    def _through_heads(self, draft: LayerDraft, made: Tensor, site: Site | None) -> Tensor:
        """The parts of a ready-made network that the program has replaced come last."""
        for head in draft.heads.values():
            if isinstance(head, LayerDraft):
                made = self.apply_layer(head, [made], None)
            elif isinstance(head, ModelDraft):
                value = self.run_model(head, made, site)
                made = value if isinstance(value, Tensor) else made
        return made

    def run_model(self, model: ModelDraft, tensor: Tensor, site: Site | None) -> Value:
        """Let a tensor flow through a Sequential or a functional model."""
        if model.kind != "sequential":
            return self._replay(model, tensor)
        value: Value = tensor
        for child in model.children:
            if isinstance(child, LayerDraft):
                if child.op == "input":
                    value = Tensor(None, child.stated_input)
                    continue
                inputs = [value] if isinstance(value, Tensor) else [Tensor()]
                value = self.apply_layer(child, inputs, None)
            elif isinstance(child, (ModelDraft, Instance)):
                fed = Given(None, 0, ast.Constant(None), value)
                value = self.call_value(child, (fed,), site or model.site)
        return value

    def _replay(self, model: ModelDraft, tensor: Tensor) -> Value:
        """The functional model's layers once more, on another input."""
        outputs = [output.node for output in model.outputs if output.node]
        copies: dict[int, Tensor] = {}
        for node in ancestors(outputs):
            if node.draft.op == "input":
                copies[id(node)] = tensor
                continue
            inputs = [copies[id(before)] for before in node.inputs] or [tensor]
            copies[id(node)] = self.apply_layer(node.draft, inputs, node.call_site)
        return copies[id(outputs[0])] if outputs else UNKNOWN


def ancestors(outputs: list[Node]) -> list[Node]:
    """All nodes that these rest on and they themselves, in order of application."""
    seen: dict[int, Node] = {}
    stack = list(outputs)
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen[id(node)] = node
            stack.extend(node.inputs)
    return sorted(seen.values(), key=lambda node: node.order)
