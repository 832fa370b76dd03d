"""Whether a pull request is reviewed at all, and whether its programs may run."""

from __future__ import annotations

from analyzer import Configuration
from worker.errors import Moved
from worker.pulls import PullRequest
from worker.queue import PullRequestMessage
from worker.services import Services


def check_wanted(
    services: Services, message: PullRequestMessage, pull: PullRequest, configuration: Configuration
) -> None:
    """Raises Moved when the repository does not want this one to be reviewed."""
    if pull.is_draft and not (configuration.review.drafts or message.asked):
        raise Moved("drafts are not reviewed")
    if pull.is_fork and configuration.review.forks == "never" and not is_allowed(services, pull):
        raise Moved("pull requests from forks are not reviewed")


def is_static(services: Services, pull: PullRequest, configuration: Configuration) -> bool:
    """Strangers' programs are read and not run, until a maintainer allows it."""
    if not pull.is_fork or configuration.review.forks == "full":
        return False
    return not is_allowed(services, pull)


def is_allowed(services: Services, pull: PullRequest) -> bool:
    """Whether a maintainer said `/faultline run`; for this commit, unless set otherwise."""
    is_for_all = services.settings.faultline_fork_approval == "pull-request"
    head = None if is_for_all else pull.head_sha
    return services.wishes.is_allowed(pull.repository_id, pull.number, head)
