"""`faultline review`: what the App would post about a change in a local clone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from analyzer import CONFIGURATION_PATH, Configuration, Options, Report, read_configuration
from analyzer.baseline import needs_base
from worker.analysis import (
    LOUD,
    compare_base,
    empty_report,
    read_change,
    run_analysis,
    select_programs,
)
from worker.checkout import snapshot
from worker.clone import Clone
from worker.comments import Change, Comment
from worker.diff import ChangedFile
from worker.pulls import source_paths
from worker.review import FailOn, Policy, Review, compose


@dataclass(frozen=True, slots=True)
class LocalReview:
    """The report, and what would be posted about it."""

    report: Report
    review: Review


def review_clone(
    clone: Clone,
    base: str,
    head: str,
    configuration: Configuration,
    options: Options,
    fail_on: FailOn | None,
    progress: Callable[[str], None],
) -> LocalReview:
    """Review the change from base to head as if it were a pull request."""
    head_sha = clone.commit(head)
    files = clone.changed_files(clone.commit(base), head_sha)
    wishes = configuration.review
    policy = Policy(fail_on or wishes.fail_on, wishes.max_comments, wishes.scope)
    if not source_paths(files):
        report, change = empty_report(), Change(files, {})
    else:
        with clone.archive(head_sha) as archive, snapshot(archive) as root:
            selected = select_programs(root, source_paths(files))
            report = selected.complete(run_analysis(root, selected.paths, options, progress))
            if needs_base(report, LOUD):
                report = _against(clone, base, head_sha, report, root, files, options, progress)
            change = read_change(root, files, report)
    return LocalReview(report, compose(report, change, policy, head_sha))


def _against(
    clone: Clone,
    base: str,
    head_sha: str,
    report: Report,
    root: Path,
    files: Mapping[str, ChangedFile],
    options: Options,
    progress: Callable[[str], None],
) -> Report:
    """The report set against the commit where the change began."""
    began = clone.merge_base(clone.commit(base), head_sha)
    with clone.archive(began) as archive, snapshot(archive) as folder:
        return compare_base(report, root, folder, files, options, progress)


def base_configuration(clone: Clone, base: str) -> Configuration:
    """The configuration of the base commit, as for a pull request."""
    text = clone.configuration(clone.commit(base))
    return Configuration() if text is None else read_configuration(text, CONFIGURATION_PATH)


def render_text(review: Review) -> str:
    """For a person: the review as it would stand in the pull request, then the check run."""
    parts = []
    if review.body is not None:
        parts.append(f"══ Review of {review.head_sha[:12]} ══\n\n{review.body}")
        parts += [f"── {_lines(comment)} ──\n\n{comment.body}" for comment in review.comments]
    else:
        parts.append("══ No review: nothing to say about the changed lines ══")
    check = review.check
    parts.append(f"══ Check run: {check.conclusion} · {check.title} ══\n\n{check.summary}")
    if check.text:
        parts.append(check.text)
    return "\n\n".join(parts) + "\n"


def _lines(comment: Comment) -> str:
    span = f"{comment.start}-{comment.line}" if comment.start < comment.line else str(comment.line)
    return f"{comment.path}:{span}"


def render_requests(review: Review) -> str:
    """For a machine: the bodies of the requests that the App would send."""
    posted = None
    if review.body is not None:
        posted = {
            "commit_id": review.head_sha,
            "event": "COMMENT",
            "body": review.body,
            "comments": [comment.payload() for comment in review.comments],
        }
    check = {
        "head_sha": review.head_sha,
        "status": "completed",
        "conclusion": review.check.conclusion,
        "output": review.check.payload(),
        "actions": review.check.buttons(),
    }
    return json.dumps({"review": posted, "check_run": check}, indent=2, ensure_ascii=False) + "\n"
