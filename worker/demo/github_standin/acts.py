"""What people do on GitHub's pages: push, open, press buttons. Each act sends its events."""

from collections.abc import Iterable, Mapping

from worker.demo.github_standin.commenting import follow_all
from worker.demo.github_standin.git import Content
from worker.demo.github_standin.hub import Hub, pull_files
from worker.demo.github_standin.payloads import events
from worker.demo.github_standin.records import (
    CheckRun,
    PullRequest,
    Repository,
    ReviewComment,
    User,
)
from worker.demo.github_standin.suggestions import (
    Replacement,
    SuggestionRefused,
    apply_replacements,
    replacement_of,
    suggested_lines,
)


def push(
    hub: Hub,
    where: Repository,
    branch: str,
    files: Mapping[str, Content],
    message: str,
    by: User,
    onto: str | None = None,
) -> str:
    """One commit on a branch; `onto` names another parent than its tip, which is a force-push."""
    before = where.git.resolve(_ref(where, branch))
    parent = onto or before or (None if where.fork else where.git.resolve(where.default_branch))
    after = where.git.commit(_ref(where, branch), files, message, by.person, parent)
    after_push(hub, where, branch, before, after, by)
    return after


def _ref(where: Repository, branch: str) -> str:
    """A fork shares its parent's objects here, under names of its own."""
    return f"refs/forks/{where.owner.login}/{branch}" if where.fork else f"refs/heads/{branch}"


def after_push(
    hub: Hub, where: Repository, branch: str, before: str | None, after: str, by: User
) -> None:
    where.pushed_at = hub.now()
    old = before or events.NO_COMMIT
    forced = before is not None and where.git.merge_base(before, after) != before
    moved = [one for one in hub.pulls() if _is_head(one, where, branch) and one.state == "open"]
    for pull in moved:
        move_head(hub, pull, after)
    for pull in hub.pulls():
        if pull.repository is where and pull.base_ref == branch and pull.state == "open":
            pull.base_sha = after
            point_refs(pull)
    if not where.fork:
        hub.emit("push", events.push(hub, where, branch, old, after, forced, by))
        suite = events.check_suite_requested(hub, where, branch, old, after, by)
        hub.emit("check_suite", suite)
    for pull in moved:
        more = {"before": old, "after": after}
        hub.emit("pull_request", events.pull_request(hub, pull, "synchronize", by, **more))


def _is_head(pull: PullRequest, where: Repository, branch: str) -> bool:
    return pull.head_repository is where and pull.head_ref == branch


def move_head(hub: Hub, pull: PullRequest, sha: str) -> None:
    pull.head_sha, pull.updated_at, pull.merge_checked = sha, hub.now(), False
    point_refs(pull)
    follow_all(pull)


def point_refs(pull: PullRequest) -> None:
    """refs/pull/N/head, and refs/pull/N/merge where the two merge cleanly."""
    git = pull.repository.git
    git.point(f"refs/pull/{pull.number}/head", pull.head_sha)
    merged = git.merge(pull.base_sha, pull.head_sha, pull.author.person)
    if merged is not None:
        git.point(f"refs/pull/{pull.number}/merge", merged)


def open_pull_request(
    hub: Hub, where: Repository, head: Repository, branch: str, title: str, body: str | None,
    base: str, by: User, draft: bool,
) -> PullRequest:  # fmt: skip
    head_sha, base_sha = where.git.resolve(_ref(head, branch)), where.git.resolve(base)
    if head_sha is None or base_sha is None:
        raise ValueError(
            f"expected branches {branch!r} and {base!r} in {where.full_name}, "
            f"found {sorted(where.git.branches())}: push them first"
        )
    pull = PullRequest(
        id=hub.ids.new(),
        number=len(where.pulls) + 1,
        title=title,
        body=body,
        author=by,
        repository=where,
        head_repository=head,
        head_ref=branch,
        base_ref=base,
        head_sha=head_sha,
        base_sha=base_sha,
        created_at=hub.now(),
        updated_at=hub.now(),
        draft=draft,
    )
    where.pulls[pull.number] = pull
    point_refs(pull)
    hub.emit("pull_request", events.pull_request(hub, pull, "opened", by))
    return pull


def set_state(hub: Hub, pull: PullRequest, state: str, by: User) -> None:
    pull.state, pull.updated_at = state, hub.now()
    pull.closed_at = hub.now() if state == "closed" else None
    action = "closed" if state == "closed" else "reopened"
    hub.emit("pull_request", events.pull_request(hub, pull, action, by))


def set_draft(hub: Hub, pull: PullRequest, draft: bool, by: User) -> None:
    pull.draft, pull.updated_at = draft, hub.now()
    action = "converted_to_draft" if draft else "ready_for_review"
    hub.emit("pull_request", events.pull_request(hub, pull, action, by))


def rerequest(hub: Hub, where: Repository, run: CheckRun, by: User) -> None:
    """The button "Re-run": only tells the App, the run itself stays as it is."""
    hub.emit("check_run", events.check_run(hub, where, run, "rerequested", by))


def rerequest_suite(hub: Hub, pull: PullRequest, by: User) -> None:
    where, branch = pull.repository, pull.head_ref
    payload = events.check_suite_requested(
        hub, where, branch, pull.base_sha, pull.head_sha, by, "rerequested"
    )
    hub.emit("check_suite", payload)


def change_base(hub: Hub, pull: PullRequest, base: str, by: User) -> None:
    """Another branch to merge into: another diff for the same head."""
    sha = pull.repository.git.resolve(base)
    if sha is None:
        raise ValueError(f"expected a branch of {pull.repository.full_name}, received {base!r}")
    before = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
    pull.base_ref, pull.base_sha, pull.updated_at = base, sha, hub.now()
    point_refs(pull)
    payload = events.pull_request(hub, pull, "edited", by, changes={"base": before})
    hub.emit("pull_request", payload)


def click_action(hub: Hub, where: Repository, run: CheckRun, identifier: str, by: User) -> None:
    offered = [action["identifier"] for action in run.actions]
    if identifier not in offered:
        raise ValueError(f"expected one of the run's actions {offered}, received {identifier!r}")
    asked = {"requested_action": {"identifier": identifier}}
    payload = events.check_run(hub, where, run, "requested_action", by, **asked)
    hub.emit("check_run", payload)


def open_suggestions(pull: PullRequest) -> list[ReviewComment]:
    """The comments whose button could be pressed now."""
    return [
        one
        for one in pull.comments
        if one.line is not None
        and one.thread not in pull.resolved_threads
        and suggested_lines(one.body) is not None
    ]


def accept_suggestions(
    hub: Hub, pull: PullRequest, chosen: Iterable[ReviewComment], by: User
) -> str:
    """Commits the suggestions as one batch; if one cannot be applied, none is."""
    comments = list(chosen)
    if not comments:
        raise SuggestionRefused("There is no suggestion to commit.")
    replacements: dict[str, list[Replacement]] = {}
    for comment in comments:
        made = replacement_of(pull, comment, pull_files(pull), _content(pull, comment))
        replacements.setdefault(comment.path, []).append(made)
    files = {
        path: apply_replacements(pull.repository.git.read(pull.head_sha, path) or b"", made)
        for path, made in replacements.items()
    }
    for comment in comments:
        resolve_thread(pull, comment.thread, by)
    head = pull.head_repository
    return push(hub, head, pull.head_ref, files, _message(comments), by)


def resolve_thread(pull: PullRequest, thread: int, by: User) -> None:
    """The button "Resolve conversation", or an accepted suggestion."""
    pull.resolved_threads.add(thread)
    pull.resolvers[thread] = by


def _content(pull: PullRequest, comment: ReviewComment) -> bytes:
    content = pull.repository.git.read(pull.head_sha, comment.path)
    if content is None:
        raise SuggestionRefused(f"The file {comment.path} is no longer there.")
    return content


def _message(comments: list[ReviewComment]) -> str:
    subject = f"Update {comments[0].path}"
    if len(comments) > 1:
        subject = "Apply suggestions from code review"
    authors = dict.fromkeys(comment.user for comment in comments)
    trailers = [f"Co-authored-by: {one.login} <{one.email}>" for one in authors]
    return "\n".join([subject, "", *trailers])
