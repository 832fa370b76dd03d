"""Reading a pull request: itself, its changed files, its repository's configuration."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from analyzer import CONFIGURATION_PATH, Configuration, read_configuration
from worker.api import Api, Json
from worker.diff import ChangedFile, PatchError, parse_patch
from worker.errors import Missing, Refused
from worker.told import marks_of

log = logging.getLogger(__name__)

MOST_FILES = 3_000  # GitHub lists no more


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as it stands now.

    Attributes:
        repository: "owner/name" of the base, under its present name.
        is_fork: the head is in another repository, or in one that is gone.
        base_sha: where the base branch was at the last push; the change began at or before it.
        head_ref, head_repository: the branch, and the repository that has it; "" when it is gone.
        is_open_to_maintainers: the author of a fork lets maintainers push to the branch.
    """

    repository_id: int
    repository: str
    number: int
    title: str
    head_sha: str
    base_ref: str
    is_open: bool
    is_draft: bool
    is_fork: bool
    is_private: bool
    base_sha: str = ""
    head_ref: str = ""
    head_repository: str = ""
    is_open_to_maintainers: bool = False


def read_pull_request(api: Api, repository: str, number: int) -> PullRequest:
    """Raises Missing when it, or our access to it, is gone."""
    found = api.get(f"/repos/{repository}/pulls/{number}")
    base, head = found["base"], found["head"]
    home = base["repo"]
    return PullRequest(
        repository_id=int(home["id"]),
        repository=str(home["full_name"]),
        number=int(found["number"]),
        title=str(found.get("title") or ""),
        head_sha=str(head["sha"]),
        base_ref=str(base["ref"]),
        is_open=found.get("state") == "open",
        is_draft=bool(found.get("draft")),
        is_fork=(head.get("repo") or {}).get("id") != home["id"],
        is_private=bool(home.get("private")),
        base_sha=str(base["sha"]),
        head_ref=str(head["ref"]),
        head_repository=str((head.get("repo") or {}).get("full_name") or ""),
        is_open_to_maintainers=bool(found.get("maintainer_can_modify")),
    )


def read_changed_files(api: Api, pull: PullRequest) -> dict[str, ChangedFile]:
    """By path in the head; at most as many as GitHub lists."""
    items = api.pages(f"/repos/{pull.repository}/pulls/{pull.number}/files")
    return {file.path: file for file in map(_changed_file, islice(items, MOST_FILES))}


def _changed_file(item: Json) -> ChangedFile:
    patch = item.get("patch")
    hunks = None
    if isinstance(patch, str):
        try:
            hunks = parse_patch(patch)
        except PatchError as error:  # then nothing in this file is commented on
            log.warning("patch not understood", extra={"reason": str(error)})
    return ChangedFile(
        path=str(item["filename"]),
        status=str(item.get("status", "modified")),
        previous_path=item.get("previous_filename"),
        hunks=hunks,
    )


def is_source(file: ChangedFile) -> bool:
    """Whether a training program may be in it."""
    return file.status != "removed" and file.path.endswith((".py", ".ipynb"))


def source_paths(files: Mapping[str, ChangedFile]) -> list[str]:
    """The changed files that a training program may be in."""
    return [path for path, file in files.items() if is_source(file)]


def read_settings(api: Api, pull: PullRequest) -> Configuration:
    """The repository's configuration, from the base branch: a fork cannot change it.

    Raises:
        ConfigurationError: it is wrong; the text says where.
    """
    path = f"/repos/{pull.repository}/contents/{CONFIGURATION_PATH}"
    try:
        text = api.text(path, {"ref": pull.base_ref})
    except Missing:
        return Configuration()
    return read_configuration(text, CONFIGURATION_PATH)


def find_review(api: Api, pull: PullRequest, marker: str) -> int | None:
    """The review of ours that holds the marker.

    A person can copy a marker into a review, so only reviews by a bot count.
    """
    for review in our_reviews(api, pull):
        if marker in marks_of(review.get("body") or ""):
            return int(review["id"])
    return None


def our_reviews(api: Api, pull: PullRequest) -> Iterator[Json]:
    """The reviews by a bot that bear our mark, oldest first."""
    for review in api.pages(f"/repos/{pull.repository}/pulls/{pull.number}/reviews"):
        is_bot = (review.get("user") or {}).get("type") == "Bot"
        marks = marks_of(review.get("body") or "")
        if is_bot and any(mark.startswith("<!-- faultline:review ") for mark in marks):
            yield review


def merge_base(api: Api, pull: PullRequest) -> str:
    """The commit where the change began: what a pull request's diff is against."""
    path = f"/repos/{pull.repository}/compare/{pull.base_sha}...{pull.head_sha}"
    found = api.get(path, {"per_page": 1})
    return str(found["merge_base_commit"]["sha"])


def is_gone(error: Refused) -> bool:
    """Whether a refusal means that the commit left the pull request (a force-push)."""
    return "not part of the pull request" in error.words
