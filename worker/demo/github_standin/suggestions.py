"""What GitHub's button "Commit suggestion" does with a comment. Pure.

A suggestion replaces the lines `start_line..line` of the file at the head by the text in its
fence. The line endings of the replaced lines stay, and a file without a newline at its end keeps
none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from worker.demo.github_standin.diffs import ChangedFile
from worker.demo.github_standin.records import PullRequest, ReviewComment

_OPENING = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)")


class SuggestionRefused(Exception):
    """GitHub would not apply it; the text says why."""


@dataclass(frozen=True)
class Replacement:
    """Lines `start..end` (1-based, inclusive) become `lines`; no lines at all deletes them."""

    start: int
    end: int
    lines: tuple[str, ...]


def suggested_lines(body: str) -> tuple[str, ...] | None:
    """The lines of the first suggestion fence in a comment; None when it has none."""
    lines = body.replace("\r\n", "\n").split("\n")
    at = 0
    while at < len(lines):
        opening = _OPENING.fullmatch(lines[at])
        at += 1
        if opening is None:
            continue
        inside = []
        while at < len(lines) and not _closes(lines[at], opening["fence"]):
            inside.append(lines[at])
            at += 1
        if opening["info"].strip().split(" ")[0] == "suggestion":
            return tuple(inside)
        at += 1
    return None


def _closes(line: str, fence: str) -> bool:
    """A closing fence is at least as long as the opening one and has nothing behind it."""
    stripped = line.strip()
    is_run = len(stripped) >= len(fence) and set(stripped) == {fence[0]}
    return is_run and len(line) - len(line.lstrip(" ")) <= 3


def replacement_of(
    pull: PullRequest, comment: ReviewComment, files: Sequence[ChangedFile], content: bytes
) -> Replacement:
    """The replacement that a comment suggests, or the reason why GitHub refuses to make it."""
    lines = suggested_lines(comment.body)
    if lines is None:
        raise SuggestionRefused("The comment holds no suggestion.")
    _refuse_by_state(pull, comment)
    if comment.subject_type == "file" or comment.side != "RIGHT":
        raise SuggestionRefused("Applying suggestions on deleted lines is not supported.")
    if comment.line is None:
        raise SuggestionRefused("This suggestion is outdated: its lines have changed.")
    start, end = comment.start_line or comment.line, comment.line
    _refuse_deleted_rows(comment, files, start, end)
    made = Replacement(start, end, lines)
    if apply_replacements(content, [made]) == content:
        raise SuggestionRefused("This suggestion is invalid because no changes were made.")
    return made


def _refuse_by_state(pull: PullRequest, comment: ReviewComment) -> None:
    pending = {review.id for review in pull.reviews if review.state == "PENDING"}
    if pull.state != "open":
        raise SuggestionRefused("Suggestions cannot be applied while the pull request is closed.")
    if comment.review_id in pending:
        raise SuggestionRefused("Suggestions cannot be applied from pending reviews.")
    if comment.thread in pull.resolved_threads:
        raise SuggestionRefused("Suggestions cannot be applied from resolved conversations.")


def _refuse_deleted_rows(
    comment: ReviewComment, files: Sequence[ChangedFile], start: int, end: int
) -> None:
    file = next((one for one in files if one.path == comment.path), None)
    first = file.find("RIGHT", start) if file else None
    last = file.find("RIGHT", end) if file else None
    if first is None or last is None:
        raise SuggestionRefused("This suggestion is outdated: its lines left the diff.")
    if any(row.kind == "-" for row in first[0].between(first[1], last[1])):
        raise SuggestionRefused("Applying suggestions on deleted lines is not supported.")


def apply_replacements(content: bytes, replacements: Sequence[Replacement]) -> bytes:
    """The file with all replacements made; two that touch the same line are refused."""
    lines = content.decode("utf-8", errors="surrogateescape").split("\n")
    ordered = sorted(replacements, key=lambda one: one.start)
    for one, following in pairwise(ordered):
        if following.start <= one.end:
            raise SuggestionRefused("Only one suggestion per line can be applied in a batch.")
    for one in reversed(ordered):
        lines[one.start - 1 : one.end] = _with_endings(one, lines)
    return "\n".join(lines).encode("utf-8", errors="surrogateescape")


def _with_endings(one: Replacement, lines: Sequence[str]) -> list[str]:
    """The new lines with the file's own carriage returns, as its first line has them."""
    ending = "\r" if lines[0].endswith("\r") else ""
    put = [line + ending for line in one.lines]
    if put and one.end == len(lines):  # the file's last line, which nothing ends
        put[-1] = one.lines[-1]
    return put
