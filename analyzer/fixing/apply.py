"""Turns the changes that a rule wants into line edits, by libcst: nothing else changes."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import cast

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, ImportItem
from libcst.metadata import MetadataWrapper, PositionProvider

from analyzer.errors import EditError
from analyzer.findings import Edit
from analyzer.fixing import arguments
from analyzer.fixing.edits import (
    Change,
    EnsureImport,
    InsertAfter,
    InsertBefore,
    RemoveArgument,
    RemoveStatement,
    ReplaceExpression,
    SetArgument,
    UnwrapCall,
)
from analyzer.fixing.lines import edits_between
from analyzer.observed import Site

ExpressionChange = ReplaceExpression | SetArgument | RemoveArgument | UnwrapCall
StatementChange = InsertAfter | InsertBefore | RemoveStatement
Range = tuple[int, int, int, int]


def plan_edits(path: str, text: str, changes: Sequence[Change]) -> tuple[Edit, ...]:
    """The line edits that make these changes in the file `path`, whose text is `text`.

    Raises:
        EditError: the text does not parse, a place is not found, or nothing would change.
    """
    after = change_text(path, text, changes)
    edits = edits_between(path, text, after)
    if not edits:
        raise EditError(f"{path}: the edit changes nothing")
    return edits


def change_text(path: str, text: str, changes: Sequence[Change]) -> str:
    """The text after these changes; it parses.

    Raises:
        EditError: the text does not parse or a place is not found.
    """
    _refuse_what_python_refuses(path, text)
    try:
        module = cst.parse_module(text)
        placed = [change for change in changes if not isinstance(change, EnsureImport)]
        if placed:
            transformer = _Changer(path, module, placed)
            module = MetadataWrapper(module).visit(transformer)
            transformer.check_all_done()
        module = _with_imports(module, [c for c in changes if isinstance(c, EnsureImport)])
        cst.parse_module(module.code)
    except cst.ParserSyntaxError as error:
        raise EditError(f"{path}:{error.raw_line}: does not parse: {error.message}") from error
    return module.code


def _refuse_what_python_refuses(path: str, text: str) -> None:
    """libcst's parser overflows the stack of the process on input that nests too deeply.

    CPython's parser bounds the depth and raises instead.
    """
    try:
        ast.parse(text)
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = path if line is None else f"{path}:{line}"
        raise EditError(f"{where}: does not parse: {error or type(error).__name__}") from error


def _with_imports(module: cst.Module, imports: Sequence[EnsureImport]) -> cst.Module:
    if not imports:
        return module
    items = [ImportItem(wanted.module, wanted.name) for wanted in imports]
    return AddImportsVisitor(CodemodContext(), items).transform_module(module)


def _range(site: Site) -> Range:
    return (site.line, site.column, site.end_line, site.end_column)


class _Changer(cst.CSTTransformer):
    """Makes the changes at their places, inner ones first."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(
        self,
        path: str,
        module: cst.Module,
        changes: Sequence[ExpressionChange | StatementChange],
    ) -> None:
        super().__init__()
        self._path = path
        self._config = module.config_for_parsing
        self._expressions: dict[Range, list[ExpressionChange]] = {}
        self._statements: dict[tuple[int, int], list[StatementChange]] = {}
        for change in changes:
            if isinstance(change, (InsertAfter, InsertBefore, RemoveStatement)):
                site = change.statement
                self._statements.setdefault((site.line, site.end_line), []).append(change)
            else:
                site = change.site if isinstance(change, ReplaceExpression) else change.call
                self._expressions.setdefault(_range(site), []).append(change)

    def check_all_done(self) -> None:
        """Raise unless every change found its place."""
        lines = [place[0] for place in (*self._expressions, *self._statements)]
        if lines:
            raise EditError(f"{self._path}:{lines[0]}: the code to change is not there")

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]:
        left = super().on_leave(original_node, updated_node)
        if isinstance(original_node, cst.BaseExpression):
            return self._leave_expression(original_node, cast(cst.BaseExpression, left))
        if isinstance(original_node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            return self._leave_statement(original_node, cast(cst.CSTNode, left))
        if isinstance(left, cst.IndentedBlock) and not left.body:
            empty = cst.SimpleStatementLine([cst.Pass()])
            return left.with_changes(body=[empty])
        return cast(cst.CSTNode, left)

    def _leave_expression(
        self, original: cst.BaseExpression, updated: cst.BaseExpression
    ) -> cst.BaseExpression:
        place = self.get_metadata(PositionProvider, original, None)
        if place is None:
            return updated
        key = (place.start.line, place.start.column, place.end.line, place.end.column)
        for change in self._expressions.get(key, ()):
            if not isinstance(change, ReplaceExpression) and not isinstance(original, cst.Call):
                return updated
            updated = self._change_expression(change, updated)
        self._expressions.pop(key, None)
        return updated

    def _change_expression(
        self, change: ExpressionChange, node: cst.BaseExpression
    ) -> cst.BaseExpression:
        if isinstance(change, ReplaceExpression):
            return self._expression(change.text)
        if not isinstance(node, cst.Call):
            raise EditError(f"{self._path}: two edits of one call contradict each other")
        match change:
            case SetArgument():
                value = self._expression(change.text)
                return arguments.set_argument(node, change.keyword, change.position, value)
            case RemoveArgument():
                return arguments.remove_argument(node, change.keyword, change.position)
            case UnwrapCall():
                return arguments.first_argument(node)

    def _expression(self, text: str) -> cst.BaseExpression:
        return cst.parse_expression(text, config=self._config)

    def _leave_statement(
        self, original: cst.CSTNode, updated: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]:
        place = self.get_metadata(PositionProvider, original, None)
        changes = (
            () if place is None else self._statements.pop((place.start.line, place.end.line), ())
        )
        before: list[cst.CSTNode] = []
        after: list[cst.CSTNode] = []
        keep = True
        for change in changes:
            match change:
                case InsertBefore():
                    before += self._parsed(change.text)
                case InsertAfter():
                    after += self._parsed(change.text)
                case RemoveStatement():
                    keep = False
        if before and isinstance(updated, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            # Comments above the statement stay above it all.
            before[0] = before[0].with_changes(leading_lines=updated.leading_lines)
            updated = updated.with_changes(leading_lines=())
        nodes = [*before, *([updated] if keep else []), *after]
        if not nodes:
            return cst.RemoveFromParent()
        return nodes[0] if len(nodes) == 1 else cst.FlattenSentinel(nodes)

    def _parsed(self, text: str) -> list[cst.CSTNode]:
        return list(cst.parse_module(text, config=self._config).body)
