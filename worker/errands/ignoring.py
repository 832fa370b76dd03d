"""`/faultline ignore`: nothing more about a rule, or about one finding, in this pull request."""

from __future__ import annotations

from analyzer import UsageError
from analyzer.rules.base import Rule
from worker import wording
from worker.api import Api
from worker.errands.again import review_again
from worker.errands.answers import Answer
from worker.errands.perform import Errand
from worker.errands.thread import Subject, subject_of
from worker.messages import THREAD, Command, CommentMessage
from worker.pulls import PullRequest


def ignore(errand: Errand[CommentMessage], api: Api, pull: PullRequest, command: Command) -> Answer:
    """Remember it, and review again, so that the check run says what still counts."""
    subjects: tuple[Subject, ...]
    if command.argument:
        rule = find_rule(command.argument)
        if rule is None:
            return unknown_rule(command.argument)
        subjects = (Subject(rule.name),)
    else:
        subjects = subject_of(api, errand) if errand.message.place == THREAD else ()
    if not subjects:
        said = "Which rule? Write `/faultline ignore RULE`, or reply to a comment of mine."
        return Answer("confused", "no rule named", said)
    wishes, login = errand.services.wishes, errand.message.login
    for one in subjects:
        wishes.ignore(pull.repository_id, pull.number, one.rule, login, one.fingerprint)
    if pull.is_open:
        review_again(errand, errand.message.installation_id, pull)
    return Answer("+1", f"ignored {', '.join(one.rule for one in subjects)}")


def find_rule(name: str) -> Rule | None:
    """The rule with this name or code."""
    from analyzer.rules.registry import rule_named

    try:
        return rule_named(name.strip("`"))
    except UsageError:
        return None


def unknown_rule(name: str) -> Answer:
    """Says which rules there are."""
    from analyzer.rules.registry import all_rules

    listed = ", ".join(wording.code(rule.name) for rule in all_rules())
    if not name:
        return Answer("confused", "no rule named", f"Which rule? There are {listed}.")
    said = f"There is no rule {wording.code(name)}. There are {listed}."
    return Answer("confused", "unknown rule", said)
