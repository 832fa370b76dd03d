"""A review as a person would read it, on a terminal. Pure: values in, text out.

Markdown is not rendered but tidied: hidden marks and folded parts go, marks of emphasis become
the terminal's own where there is one.
"""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from worker.demo.github_standin.records import CheckRun, Review, ReviewComment

WIDTH = 88
_CONTEXT = 5  # rows of the diff shown above a comment

_BOLD, _DIM, _RED, _GREEN, _CYAN, _OFF = (f"\x1b[{n}m" for n in (1, 2, 31, 32, 36, 0))


@dataclass(frozen=True)
class Paint:
    """Colours, or plain text when the output is not a terminal."""

    is_terminal: bool

    def __call__(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_OFF}" if self.is_terminal and text else text

    def heading(self, text: str) -> str:
        return self(_BOLD, text)

    def faint(self, text: str) -> str:
        return self(_DIM, text)

    def good(self, text: str) -> str:
        return self(_GREEN, text)

    def bad(self, text: str) -> str:
        return self(_RED, text)


def review_text(paint: Paint, review: Review, comments: Sequence[ReviewComment]) -> str:
    """The review's own text, then each comment below the lines it is about."""
    head = paint.heading(f"{review.user.login} reviewed {review.commit_id[:7]}")
    parts = [head, _markdown(paint, review.body)]
    parts += [comment_text(paint, one) for one in comments]
    return "\n\n".join(parts)


def comment_text(paint: Paint, comment: ReviewComment) -> str:
    line, start = comment.original_line, comment.original_start_line
    lines = f"{line}" if start is None else f"{start}-{line}"
    title = paint(_CYAN, f"{comment.path}:{lines}")
    hunk = [_row(paint, row) for row in comment.diff_hunk.splitlines()[1:][-_CONTEXT:]]
    shown = [f"  {row}" for row in hunk]
    body = textwrap.indent(_markdown(paint, comment.body), "    ")
    return "\n".join([title, *shown, "", body])


def _row(paint: Paint, row: str) -> str:
    if row.startswith("+"):
        return paint.good(row)
    return paint.bad(row) if row.startswith("-") else paint.faint(row)


def check_run_text(paint: Paint, run: CheckRun) -> str:
    colour = {"success": _GREEN, "failure": _RED}.get(run.conclusion or "", _DIM)
    head = (
        f"{paint.heading(f'Check run {run.name}')}: {paint(colour, run.conclusion or run.status)}"
    )
    title = f"{head}, {run.title}" if run.title else head
    return f"{title}\n\n{_markdown(paint, run.summary or '')}"


def _markdown(paint: Paint, text: str) -> str:
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    return "\n".join(_paragraphs(paint, text.split("\n")))


def _paragraphs(paint: Paint, lines: Sequence[str]) -> list[str]:
    """Wraps prose and leaves code, lists and tables as they are."""
    shown: list[str] = []
    fence = ""
    for line in lines:
        mark = re.match(r"(`{3,})(\w*)", line)
        if mark and (not fence or line.strip() == fence):
            shown += [paint.faint("suggested change:")] if mark[2] == "suggestion" else []
            fence = "" if fence else mark[1]
        elif fence:
            shown.append(paint.good(f"  {line}"))
        elif not re.fullmatch(r"\|[-| ]+\|", line):
            shown += [_emphasis(paint, part) for part in _wrap(line)]
    return shown


def _wrap(line: str) -> list[str]:
    if line.startswith("|"):
        return [line.strip("| ").replace(" | ", "   ")]
    hanging = "  " if line.startswith("- ") else ""
    wrapper = textwrap.TextWrapper(
        WIDTH - 4, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )
    return wrapper.wrap(line) or [""]


def _emphasis(paint: Paint, text: str) -> str:
    text = re.sub(r"^#+ (.*)$", lambda found: paint.heading(found[1]), text)
    text = re.sub(r"\*\*(.+?)\*\*", lambda found: paint.heading(found[1]), text)
    return re.sub(r"`+ ?([^`]+?) ?`+", lambda found: paint(_CYAN, found[1]), text)
