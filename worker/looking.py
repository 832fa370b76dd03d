"""Looking at a head commit: its programs, run or read, and the same at the base commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer import Configuration, Options, Report
from analyzer.baseline import needs_base
from worker import posting
from worker.analysis import (
    LOUD,
    build_options,
    compare_base,
    empty_report,
    read_change,
    select_programs,
)
from worker.checkout import snapshot
from worker.comments import Change
from worker.diff import ChangedFile
from worker.errors import AnalysisFailed, Refused, SnapshotRefused
from worker.logs import redact
from worker.pulls import MOST_FILES, PullRequest, is_source, merge_base, source_paths
from worker.sharing import Team, analyse_shared
from worker.store import Run
from worker.wanted import is_static
from worker.wording import code, plain
from worker.work import Work

log = logging.getLogger(__name__)

REFUSED = "The commit is too large to review, or not safe to unpack"
SMALLER = (
    "Files that no program needs can be kept out of the snapshot with export-ignore in "
    ".gitattributes."
)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found out about the head commit.

    Attributes:
        notes: sentences about the review itself.
    """

    report: Report
    change: Change
    notes: tuple[str, ...] = ()


def look(
    work: Work,
    run: Run,
    pull: PullRequest,
    configuration: Configuration,
    files: Mapping[str, ChangedFile],
) -> Looked:
    """Run or read the programs of the head commit, and set them against the base commit.

    Raises:
        worker.errors.WorkerError: GitHub was away, the snapshot is too large, the analysis failed.
    """
    assert run.check_run_id is not None
    notes = _notes(work, files)
    paths = source_paths(files)
    if not paths:
        return Looked(empty_report(), Change(files, {}), notes)
    listed = "\n".join(f"- {code(path)}" for path in paths[:50])
    title = "Looking at the changed programs"
    posting.show_progress(work.api, pull.repository, run.check_run_id, title, listed)
    options = build_options(
        configuration, work.services.settings, static=is_static(work.services, pull, configuration)
    )
    team = Team(work.services, run.id, work.ask_for_help, work.lease.interrupt)
    with _head(work, pull) as root:
        selected = select_programs(root, paths)
        progress = _progress(work)
        report = selected.complete(analyse_shared(team, root, selected.paths, options, progress))
        report, why_not = _against_base(work, pull, report, root, files, options)
        return Looked(report, read_change(root, files, report), (*notes, *why_not))


def _against_base(
    work: Work,
    pull: PullRequest,
    report: Report,
    root: Path,
    files: Mapping[str, ChangedFile],
    options: Options,
) -> tuple[Report, tuple[str, ...]]:
    """The report set against the base commit, or why it could not be."""
    if not needs_base(report, LOUD):
        return report, ()
    try:
        with _snapshot(work, pull, merge_base(work.api, pull)) as base:
            how = replace(options, interrupt=work.lease.interrupt)
            return compare_base(report, root, base, files, how, _progress(work)), ()
    except (SnapshotRefused, AnalysisFailed, Refused) as error:
        log.warning("not compared with the base", extra={"reason": str(error)})
        return report, (f"Not compared with the base commit, so everything counts as new: {error}",)


@contextmanager
def _head(work: Work, pull: PullRequest) -> Iterator[Path]:
    try:
        with _snapshot(work, pull, pull.head_sha) as root:
            yield root
    except SnapshotRefused as error:
        raise AnalysisFailed(REFUSED, f"{error}. {SMALLER}") from error


@contextmanager
def _snapshot(work: Work, pull: PullRequest, commit: str) -> Iterator[Path]:
    archive = work.api.download(f"/repos/{pull.repository}/tarball/{commit}")
    with archive as stream, snapshot(stream) as root:
        yield root


def _progress(work: Work) -> Callable[[str], None]:
    def progress(text: str) -> None:
        work.lease.interrupt()
        log.info("stage %s", text)

    return progress


def _notes(work: Work, files: Mapping[str, ChangedFile]) -> tuple[str, ...]:
    notes = []
    if len(files) >= MOST_FILES:
        notes.append(f"GitHub lists the first {MOST_FILES:,} changed files; the rest was not seen.")
    hidden = [
        path
        for path, file in files.items()
        if is_source(file) and file.hunks is None and file.status != "renamed"
    ]
    if hidden:
        listed = ", ".join(code(path) for path in hidden[:10])
        more = f" and {len(hidden) - 10} more" if len(hidden) > 10 else ""
        notes.append(f"GitHub shows no diff of {listed}{more}: no comment can stand there.")
    if reason := work.services.inbox.last_reason(work.claim):
        notes.append(f"This review had to wait: {plain(redact(reason))}.")
    return tuple(notes)
