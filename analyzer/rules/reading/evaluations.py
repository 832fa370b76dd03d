"""The program's own evaluation: which passes of the run were one, and where its code begins."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from analyzer.observed import Census, EvaluationSeen, Site
from analyzer.rules.base import Program
from analyzer.rules.reading.syntax import around, name_of, place, tree_of, written

HELD_OUT = re.compile(
    r"(?:^|[^a-z])(val|vali|valid|validat\w*|dev|test|testing|eval|evaluat\w*|hold_?out)(?![a-z])",
    re.IGNORECASE,
)
SEVERAL_DRAWS = re.compile(r"mc_|monte|uncertain|stochastic|bayes|sampl|generat|ensemble", re.I)


def evaluations(program: Program, census: Census) -> Iterator[EvaluationSeen]:
    """Passes on held-out data: of another loader, or named so where no loader gave the batch.

    Passes that draw several answers for one input keep dropout on purpose and are left out.
    """
    for seen in census.evaluations:
        words = f"{seen.function} {_statement_text(program, seen.site)}"
        if seen.same_input or SEVERAL_DRAWS.search(words):
            continue
        if seen.other_loader or HELD_OUT.search(_spaced(words)):
            yield seen


def _spaced(words: str) -> str:
    """camelCase taken apart, so that "xTest" has a word of its own."""
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", words)


def _statement_text(program: Program, site: Site | None) -> str:
    if site is None or site.path != program.source.path or site.line > len(program.source.lines):
        return ""
    return program.source.lines[site.line - 1]


def why_unseen(program: Program, census: Census) -> str | None:
    """Why no evaluation was seen, when there may be one that the run did not reach."""
    ended = program.trace.ended if program.trace else "error"
    if census.evaluated or ended == "program_end":
        return None
    return "validation was not reached in the warm-up"


def beginning(program: Program, site: Site | None) -> tuple[Site, bool] | None:
    """The statement before which an evaluation's mode belongs, and whether a function begins there.

    That is the outermost loop or `with torch.no_grad()` around the pass, within its function; the
    first statement of the function when the whole function runs without gradients.
    """
    source = program.source
    statements = around(tree_of(source), site, source)
    inner = _inside_function(statements)
    if not inner:
        return None
    first = next((s for s in inner if isinstance(s, ast.With) and _without_gradients(s)), None)
    chosen = first or inner[-1]
    if first is None:
        loops = [s for s in inner if isinstance(s, ast.For | ast.While) and _over_batches(s)]
        chosen = loops[0] if loops else chosen
    own = place(chosen, source)
    return own, len(inner) < len(statements)


def _inside_function(statements: object) -> list[ast.stmt]:
    """The statements within the innermost function; all of them at module level."""
    found = (
        [s for s in statements if isinstance(s, ast.stmt)] if isinstance(statements, list) else []
    )
    for index in range(len(found) - 1, -1, -1):
        if isinstance(found[index], ast.FunctionDef | ast.AsyncFunctionDef):
            return found[index + 1 :]
    return found


def _without_gradients(statement: ast.With) -> bool:
    names = {"no_grad", "inference_mode", "set_grad_enabled"}
    return any(
        isinstance(item.context_expr, ast.Call) and name_of(item.context_expr.func) in names
        for item in statement.items
    )


def _over_batches(loop: ast.For | ast.While) -> bool:
    """Not a loop over epochs: it trains nothing."""
    calls = {name_of(n.func) for n in ast.walk(loop) if isinstance(n, ast.Call)}
    return isinstance(loop, ast.For) and not calls & {"backward", "step"}


def model_name(program: Program, site: Site | None) -> str | None:
    """What the program calls the model where it is called: "self.net" of ``self.net(x)``."""
    source = program.source
    for statement in reversed(around(tree_of(source), site, source)):
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and site is not None and place(node, source) == site:
                return written(node.func, source)
    return None


def switches(program: Program, method: str) -> list[ast.Call]:
    """The calls ``x.eval()`` or ``x.train()`` (also ``x.train(True)``) of the program."""
    found = []
    for node in ast.walk(tree_of(program.source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            off = any(isinstance(a, ast.Constant) and a.value is False for a in node.args)
            if node.func.attr == method and not off and len(node.args) <= 1:
                found.append(node)
    return found
