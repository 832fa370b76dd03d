"""Comments on a diff: how one is made, and how it moves with later pushes."""

from worker.demo.github_standin.anchors import Anchor
from worker.demo.github_standin.diffs import moved_line
from worker.demo.github_standin.hub import Hub, merge_base, pull_files
from worker.demo.github_standin.records import PullRequest, Review, ReviewComment

MAX_BODY = 65_536  # characters of a review, a comment or an issue comment


def commits_of(pull: PullRequest) -> set[str]:
    """The commits that can be reviewed: the branch's own, never the trial merge."""
    made = pull.repository.git.between(pull.base_sha, pull.head_sha)
    return {one.sha for one in made}


def start_thread(hub: Hub, review: Review, path: str, body: str, anchor: Anchor) -> ReviewComment:
    """The first comment of a thread, as it stands at the review's commit."""
    return ReviewComment(
        id=hub.ids.new(),
        review_id=review.id,
        user=review.user,
        body=body,
        path=path,
        created_at=hub.now(),
        commit_id=review.commit_id,
        original_commit_id=review.commit_id,
        diff_hunk=anchor.hunk.text_to(anchor.row),
        side=anchor.side,
        start_side=anchor.start_side,
        original_line=anchor.line,
        original_start_line=anchor.start_line,
        original_position=anchor.row.position,
        line=anchor.line,
        start_line=anchor.start_line,
        position=anchor.row.position,
    )


def keep_comment(pull: PullRequest, comment: ReviewComment) -> None:
    """Adds a comment; one made on an older commit may be outdated at birth."""
    pull.comments.append(comment)
    if comment.original_commit_id != pull.head_sha:
        follow(pull, comment)


def follow_all(pull: PullRequest) -> None:
    """After a push: every comment moves with its line, or becomes outdated."""
    for comment in pull.comments:
        follow(pull, comment)


def follow(pull: PullRequest, comment: ReviewComment) -> None:
    """Places a comment in the newest diff; `line` and `position` are None when it has no place."""
    if comment.subject_type == "file":
        return
    comment.line = comment.start_line = comment.position = None
    line = _line_now(pull, comment, comment.side, comment.original_line)
    file = next((one for one in pull_files(pull) if one.path == comment.path), None)
    found = file.find(comment.side, line) if file and line is not None else None
    if found is None:
        return
    start, end = comment.original_start_line, comment.original_line
    start_now = _line_now(pull, comment, comment.start_side or comment.side, start)
    if start is not None and (start_now is None or _stretched(start, end, start_now, line)):
        return
    comment.line, comment.start_line, comment.position = line, start_now, found[1].position
    comment.commit_id = pull.head_sha


def _line_now(pull: PullRequest, comment: ReviewComment, side: str, line: int | None) -> int | None:
    """Today's number of a line of the comment's original diff; None when it has changed."""
    if line is None:
        return None
    git = pull.repository.git
    if side == "LEFT":
        before, after = merge_base(pull, comment.original_commit_id), merge_base(pull)
    else:
        before, after = comment.original_commit_id, pull.head_sha
    if git.entry(after, comment.path) is None:
        return None
    return moved_line(git, before, after, comment.path, line)


def _stretched(start: int, end: int | None, start_now: int, end_now: int | None) -> bool:
    """Whether lines were added or removed inside the range."""
    return end is None or end_now is None or end - start != end_now - start_now
