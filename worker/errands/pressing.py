"""The buttons of a check run: "Re-run" and "Apply fixes".

GitHub shows them to people with write access; it is asked once more who pressed.
"""

from __future__ import annotations

from collections.abc import Iterator

from worker.api import Api
from worker.errands import fixing
from worker.errands.again import review_again
from worker.errands.answers import say
from worker.errands.people import may_write
from worker.errands.perform import Errand
from worker.identity import installation_of
from worker.messages import CheckMessage
from worker.pulls import PullRequest, read_pull_request


def press(errand: Errand[CheckMessage]) -> str:
    """Do it for each open pull request whose head is still the commit of the check run."""
    message = errand.message
    settings = errand.services.settings
    with installation_of(settings, message.installation_id, message.repository_id) as api:
        if not may_write(api, message.repository, message.login):
            return "not obeyed: no write access"
        outcomes = [_press(errand, api, pull) for pull in _pulls(errand, api)]
    return "; ".join(outcomes) or "no open pull request has this head commit any more"


def _press(errand: Errand[CheckMessage], api: Api, pull: PullRequest) -> str:
    message = errand.message
    if message.asked == "fix":
        return _fix(errand, api, pull)
    review_again(errand, message.installation_id, pull)
    return "asked for another review"


def _fix(errand: Errand[CheckMessage], api: Api, pull: PullRequest) -> str:
    """A button has no comment to answer, so what did not go well is told in one of our own."""
    answer = fixing.commit(api, pull, errand.message.login)
    if answer.reply:
        marker = f"<!-- faultline:answer delivery={errand.claim.guid} -->"
        say(api, pull.repository, pull.number, marker, answer.reply)
    return answer.outcome


def _pulls(errand: Errand[CheckMessage], api: Api) -> Iterator[PullRequest]:
    message = errand.message
    known = errand.services.runs.pulls_of(message.repository_id, message.head_sha)
    numbers = known if message.number is None else (message.number,)
    for number in numbers:
        pull = read_pull_request(api, message.repository, number)
        if pull.is_open and pull.head_sha == message.head_sha:
            yield pull
