"""``# faultline: ignore[rule-name]`` comments: which lines are silenced for which rules."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from analyzer.source.parsing import Parsed

_IGNORE = re.compile(r"#\s*faultline:\s*ignore(?:\[([^\]]*)\])?", re.IGNORECASE)
_NAME = re.compile(r"[\w-]+")


def ignored_rules(parsed: Parsed) -> dict[int, frozenset[str]]:
    """Line -> names of the rules silenced there; "*" stands for all rules."""
    if not any("faultline" in line.lower() for line in parsed.lines):
        return {}
    silenced: dict[int, set[str]] = {}
    starts = _statements(parsed.tree)
    for line, names, alone in _comments(parsed.lines):
        first = _next_statement(starts, line) if alone else _statement_at(starts, line)
        start, end = first if first else (line, line)
        for number in {line, *range(start, end + 1)}:
            silenced.setdefault(number, set()).update(names)
    return {line: frozenset(names) for line, names in sorted(silenced.items())}


def _comments(lines: tuple[str, ...]) -> Iterator[tuple[int, frozenset[str], bool]]:
    """(line, rule names, whether it stands alone on its line) of each such comment."""
    for number, column, text in _comment_tokens(lines):
        match = _IGNORE.search(text)
        if match is not None:
            names = frozenset(_NAME.findall(match[1] or "")) or frozenset({"*"})
            yield number, names, not lines[number - 1][:column].strip()


def _comment_tokens(lines: tuple[str, ...]) -> list[tuple[int, int, str]]:
    """Comments as the tokenizer sees them (not inside strings), as far as it gets."""
    found: list[tuple[int, int, str]] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
            if token.type == tokenize.COMMENT:
                found.append((token.start[0], token.start[1], token.string))
    except (tokenize.TokenError, SyntaxError):
        # a broken file: the lines after the break are searched as text
        last = found[-1][0] if found else 0
        for number, line in enumerate(lines[last:], start=last + 1):
            if "#" in line:
                found.append((number, line.index("#"), line[line.index("#") :]))
    return found


def _statements(tree: ast.Module) -> list[tuple[int, int]]:
    """First and last line of each statement; of a block its header alone."""
    spans = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        spans.append((node.lineno, _header_end(node)))
    return sorted(spans)


def _header_end(node: ast.stmt) -> int:
    if not isinstance(getattr(node, "body", None), list):
        return node.end_lineno or node.lineno
    header = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]
    ends = [
        inner.end_lineno or node.lineno
        for child in header
        if not isinstance(child, (ast.ExceptHandler, ast.match_case))
        for inner in ast.walk(child)
        if isinstance(inner, (ast.expr, ast.arg)) and inner.lineno >= node.lineno
    ]
    return max(ends, default=node.lineno)


def _statement_at(spans: list[tuple[int, int]], line: int) -> tuple[int, int] | None:
    inside = [span for span in spans if span[0] <= line <= span[1]]
    return min(inside, key=lambda span: span[1] - span[0]) if inside else None


def _next_statement(spans: list[tuple[int, int]], line: int) -> tuple[int, int] | None:
    """The statement below a comment; inside a statement over several lines, that one."""
    around = [s for s in spans if s[0] < line <= s[1]]
    if around:
        return min(around, key=lambda span: span[1] - span[0])
    return next((span for span in spans if span[0] > line), None)
