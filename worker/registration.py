"""What the App needs from GitHub: the least permissions, the events, and the reason for each.

The set-up page asks for it, `faultline doctor` compares it with what was granted. Pure; imports
nothing of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RANKS: Mapping[str, int] = {"read": 1, "write": 2, "admin": 3}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A permission or an event.

    Attributes:
        name: GitHub's.
        title: as GitHub's pages call it.
        level: of a permission: read or write; empty for an event.
        why: the reason that a person reads.
        enough: of a permission, a lower level with which less is possible.
    """

    name: str
    title: str
    level: str
    why: str
    enough: str = ""


PERMISSIONS = (
    Wanted("pull_requests", "Pull requests", "write", "read the changed files, post the review"),
    Wanted("checks", "Checks", "write", "show the state and the evidence of a review"),
    Wanted(
        "contents",
        "Contents",
        "write",
        "fetch the head commit and the configuration; with write: /faultline fix, and resolving "
        "the threads of what is mended",
        enough="read",
    ),
    Wanted("issues", "Issues", "read", "GitHub sends comments of pull requests only with it"),
    Wanted("metadata", "Metadata", "read", "always included; tells who may write to a repository"),
)
EVENTS = (
    Wanted("pull_request", "Pull request", "", "opened, pushed to, reopened, closed: the review"),
    Wanted("issue_comment", "Issue comment", "", "/faultline commands in the conversation"),
    Wanted(
        "pull_request_review_comment",
        "Pull request review comment",
        "",
        "/faultline ignore as a reply to a review comment",
    ),
    Wanted("check_run", "Check run", "", "the buttons “Re-run” and “Apply fixes”"),
    Wanted("check_suite", "Check suite", "", "the button “Re-run all checks”"),
)


def lacking(granted: Mapping[str, object]) -> tuple[Wanted, ...]:
    """Permissions that are not granted, or only at a level with which nothing works."""
    return tuple(
        one for one in PERMISSIONS if _rank(granted.get(one.name)) < RANKS[one.enough or one.level]
    )


def reduced(granted: Mapping[str, object]) -> tuple[Wanted, ...]:
    """Permissions that are granted at the lower level, with which some things do not work."""
    return tuple(
        one
        for one in PERMISSIONS
        if one.enough and RANKS[one.enough] <= _rank(granted.get(one.name)) < RANKS[one.level]
    )


def needless(granted: Mapping[str, object]) -> tuple[str, ...]:
    """What was granted and is never used."""
    most = {one.name: RANKS[one.level] for one in PERMISSIONS}
    return tuple(
        sorted(name for name, level in granted.items() if _rank(level) > most.get(name, 0))
    )


def _rank(level: object) -> int:
    return RANKS.get(level, 0) if isinstance(level, str) else 0
