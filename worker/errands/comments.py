"""Commands in a comment, obeyed for people with write access.

The eyes appear at once, before anything is asked of GitHub; the outcome is a thumb, a confused
face, or a reply where a face would not say enough.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from worker import wording
from worker.api import Api
from worker.errands import fixing, ignoring, running
from worker.errands.answers import SEEN, Answer, react, reply
from worker.errands.people import may_write
from worker.errands.perform import Errand
from worker.errors import Missing
from worker.identity import installation_of
from worker.messages import Command, CommentMessage
from worker.pulls import PullRequest, read_pull_request

log = logging.getLogger(__name__)

HELP = """\
| command | what it does |
|---|---|
| `/faultline run` | reviews the head commit again; for a fork, lets its programs run |
| `/faultline fix` | commits all tried fixes of the last review to the branch |
| `/faultline explain RULE` | shows the page of a rule |
| `/faultline ignore RULE` | says nothing more about the rule in this pull request |
| `/faultline ignore` | as a reply to a comment of mine: nothing more about that finding |
| `/faultline help` | this table |

A command stands at the beginning of a line. People with write access are obeyed."""

_Obey = Callable[[Errand[CommentMessage], Api, PullRequest, Command], Answer]


def obey(errand: Errand[CommentMessage]) -> str:
    """Every command of the comment, one after the other."""
    message, settings = errand.message, errand.services.settings
    with installation_of(settings, message.installation_id, message.repository_id) as api:
        react(api, message, SEEN)
        if not may_write(api, message.repository, message.login):
            react(api, message, "confused")
            return "not obeyed: no write access"
        pull = read_pull_request(api, message.repository, message.number)
        answers = [_one(errand, api, pull, command) for command in message.commands]
        _tell(api, message, answers)
    return "; ".join(answer.outcome for answer in answers)


def regret(errand: Errand[CommentMessage]) -> None:
    """It could not be done."""
    message, settings = errand.message, errand.services.settings
    with installation_of(settings, message.installation_id, message.repository_id) as api:
        react(api, message, "confused")


def _one(errand: Errand[CommentMessage], api: Api, pull: PullRequest, command: Command) -> Answer:
    known = _COMMANDS.get(command.name)
    if known is None:
        said = f"There is no command {wording.code(command.name)}.\n\n{HELP}"
        return Answer("confused", "unknown command", said)
    return known(errand, api, pull, command)


def _tell(api: Api, message: CommentMessage, answers: list[Answer]) -> None:
    texts = [answer.reply for answer in answers if answer.reply]
    if texts:
        reply(api, message, "\n\n---\n\n".join(dict.fromkeys(texts)))
    is_well = all(answer.verdict == "+1" for answer in answers)
    try:
        react(api, message, "+1" if is_well else "confused")
    except Missing:  # its author removed it meanwhile
        log.info("the comment is gone")


def _fix(errand: Errand[CommentMessage], api: Api, pull: PullRequest, _: Command) -> Answer:
    return fixing.commit(api, pull, errand.message.login)


def _explain(_: Errand[CommentMessage], _api: Api, _pull: PullRequest, command: Command) -> Answer:
    from analyzer.catalog import rule_markdown

    rule = ignoring.find_rule(command.argument)
    if rule is None:
        return ignoring.unknown_rule(command.argument)
    return Answer("+1", f"explained {rule.name}", rule_markdown(rule))


def _help(_: Errand[CommentMessage], _api: Api, _pull: PullRequest, _command: Command) -> Answer:
    return Answer("+1", "helped", HELP)


_COMMANDS: Mapping[str, _Obey] = {
    "run": running.run,
    "fix": _fix,
    "explain": _explain,
    "ignore": ignoring.ignore,
    "help": _help,
}
