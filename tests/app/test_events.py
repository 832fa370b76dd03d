import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events import NotOurs, is_interesting, read_event
from tests.support.deliveries import comment_payload, pull_request_payload
from worker.messages import (
    CheckMessage,
    ClosedMessage,
    Command,
    CommentMessage,
    InstallationMessage,
    Message,
)
from worker.queue import PullRequestMessage

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize("action", ["opened", "synchronize", "reopened", "ready_for_review"])
def test_pull_request_becomes_a_message(action: str) -> None:
    message = read_event("pull_request", pull_request_payload(action))
    assert message == PullRequestMessage(5, 42, "owner/name", 7, "a" * 40)
    assert PullRequestMessage.from_json(message.to_json()) == message
    assert message.subject == "42:7"


@pytest.mark.parametrize("action", ["labeled", None, "edited", "converted_to_draft", "assigned"])
def test_other_actions_are_not_ours(action: str) -> None:
    assert isinstance(read_event("pull_request", pull_request_payload(action)), NotOurs)


def test_missing_parts_are_named() -> None:
    payload = pull_request_payload()
    del payload["installation"]
    payload["pull_request"]["head"] = None
    outcome = read_event("pull_request", payload)
    assert outcome == NotOurs("the payload lacks installation_id, head_sha")


EVENTS = (
    "pull_request",
    "issue_comment",
    "pull_request_review_comment",
    "check_run",
    "check_suite",
    "installation",
    "installation_repositories",
    "push",
    "ping",
)
WHERE = {
    "installation": {"id": 5},
    "repository": {"id": 42, "full_name": "owner/name"},
    "sender": {"login": "mona", "type": "User"},
}


def test_a_closed_pull_request_supersedes_its_review() -> None:
    message = read_event("pull_request", pull_request_payload("closed"))
    assert message == ClosedMessage(5, 42, "owner/name", 7)
    assert message.subject == read_event("pull_request", pull_request_payload()).subject


def test_another_base_asks_again() -> None:
    payload = pull_request_payload("edited")
    assert isinstance(read_event("pull_request", payload), NotOurs)
    payload["changes"] = {"title": {"from": "x"}}
    assert isinstance(read_event("pull_request", payload), NotOurs)
    payload["changes"] = {"base": {"ref": {"from": "main"}}}
    message = read_event("pull_request", payload)
    assert message == PullRequestMessage(5, 42, "owner/name", 7, "a" * 40, again=True)


def test_a_command_in_the_conversation() -> None:
    message = read_event("issue_comment", comment_payload("please\n/faultline explain FL101"))
    assert message == CommentMessage(
        5, 42, "owner/name", 7, 900, "conversation", None, "mona", (Command("explain", "FL101"),)
    )
    pull = read_event("pull_request", pull_request_payload())
    assert message.subject != pull.subject, "a question must not end a running review"


def test_a_command_in_a_thread() -> None:
    payload = comment_payload("/faultline ignore", holder="pull_request")
    assert isinstance(read_event("pull_request_review_comment", payload), NotOurs), "begins one"
    payload["comment"]["in_reply_to_id"] = 800
    message = read_event("pull_request_review_comment", payload)
    assert isinstance(message, CommentMessage)
    assert (message.place, message.top_comment_id) == ("thread", 800)


@pytest.mark.parametrize("action", ["edited", "deleted", None])
def test_only_new_comments_are_obeyed(action: str | None) -> None:
    payload = comment_payload("/faultline run") | {"action": action}
    assert isinstance(read_event("issue_comment", payload), NotOurs)


@pytest.mark.parametrize("kind", ["Bot", "Organization", "Mannequin", None])
def test_only_people_are_obeyed(kind: str | None) -> None:
    payload = comment_payload("/faultline run")
    payload["comment"]["user"]["type"] = kind
    assert isinstance(read_event("issue_comment", payload), NotOurs)


def test_an_app_that_writes_for_a_person_is_not_obeyed() -> None:
    payload = comment_payload("/faultline run")
    payload["comment"]["performed_via_github_app"] = {"id": 3, "slug": "another"}
    assert isinstance(read_event("issue_comment", payload), NotOurs)


def test_an_issue_is_no_pull_request() -> None:
    payload = comment_payload("/faultline run")
    del payload["issue"]["pull_request"]
    assert isinstance(read_event("issue_comment", payload), NotOurs)


@pytest.mark.parametrize(
    ("action", "identifier", "asked"),
    [("rerequested", None, "rerun"), ("requested_action", "rerun", "rerun"),
     ("requested_action", "fix", "fix")],
)  # fmt: skip
@pytest.mark.parametrize(
    ("external", "number"),
    [("pull/7", 7), ("pull/", None), ("pull/x", None), ("pull/\u0663", None), (None, None),
     ("pull/99999999999999999999", None)],
)  # fmt: skip
def test_buttons(
    action: str, identifier: str | None, asked: str, external: str | None, number: int | None
) -> None:
    run = {"external_id": external, "head_sha": "b" * 40}
    payload = {**WHERE, "action": action, "check_run": run}
    payload["requested_action"] = {"identifier": identifier}
    message = read_event("check_run", payload)
    assert message == CheckMessage(5, 42, "owner/name", number, "b" * 40, asked, "mona")


@pytest.mark.parametrize("action", ["created", "completed", "requested_action"])
def test_echoes_of_our_own_check_runs_are_dropped(action: str) -> None:
    payload = {**WHERE, "action": action, "check_run": {"head_sha": "b" * 40}}
    assert isinstance(read_event("check_run", payload), NotOurs)


def test_a_suite_is_run_again() -> None:
    payload = {**WHERE, "action": "rerequested", "check_suite": {"head_sha": "b" * 40}}
    message = read_event("check_suite", payload)
    assert message == CheckMessage(5, 42, "owner/name", None, "b" * 40, "rerun", "mona")
    assert isinstance(read_event("check_suite", {**payload, "action": "requested"}), NotOurs)


@pytest.mark.parametrize(
    ("event", "action", "expected", "removed"),
    [
        ("installation", "created", "present", ()),
        ("installation", "suspend", "suspended", ()),
        ("installation", "unsuspend", "present", ()),
        ("installation", "new_permissions_accepted", "present", ()),
        ("installation", "deleted", "deleted", (1, 2)),
        ("installation_repositories", "added", "present", ()),
        ("installation_repositories", "removed", "present", (3,)),
    ],
)
def test_installations(event: str, action: str, expected: str, removed: tuple[int, ...]) -> None:
    permissions = {"contents": "read", "checks": "write"}
    installation = {
        **{"id": 5, "account": {"login": "octo-org"}, "permissions": permissions},
        "repository_selection": "selected",
    }
    payload = {"action": action, "installation": installation, "repositories": [{"id": 1}]}
    payload["repositories"] += [{"id": 2}, {"id": "x"}, None]
    if action == "removed":
        payload["repositories_removed"] = [{"id": 3}]
    message = read_event(event, payload)
    granted = (("checks", "write"), ("contents", "read"))
    assert message == InstallationMessage(5, "octo-org", "selected", expected, removed, granted)


def test_an_enterprise_has_a_slug() -> None:
    payload = {"action": "created", "installation": {"id": 5, "account": {"slug": "big"}}}
    message = read_event("installation", payload)
    assert isinstance(message, InstallationMessage)
    assert message.account == "big"


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("issue_comment", comment_payload("/faultline run\n/faultline fix")),
        ("pull_request", pull_request_payload("closed")),
        ("check_suite", {**WHERE, "action": "rerequested", "check_suite": {"head_sha": "b"}}),
        ("installation", {"action": "deleted", "installation": {"id": 5, "permissions": {"a": "b"}},
                          "repositories": [{"id": 7}]}),
    ],
)  # fmt: skip
def test_messages_survive_the_store(event: str, payload: dict[str, object]) -> None:
    message = read_event(event, payload)
    assert isinstance(message, Message)
    assert type(message).from_json(message.to_json()) == message
    assert message.task


@given(st.sampled_from(EVENTS), JSON)
def test_no_payload_raises(event: str, payload: object) -> None:
    assert isinstance(read_event(event, payload), NotOurs)
    assert is_interesting(event) == (event not in ("push", "ping"))


PAYLOADS = {
    "pull_request": pull_request_payload(),
    "issue_comment": comment_payload("/faultline run"),
    "pull_request_review_comment": comment_payload("/faultline run", holder="pull_request"),
    "check_run": {**WHERE, "action": "rerequested", "check_run": {"head_sha": "b"}},
    "check_suite": {**WHERE, "action": "rerequested", "check_suite": {"head_sha": "b"}},
    "installation": {"action": "deleted", "installation": {"id": 5, "permissions": {}}},
}


@given(st.sampled_from(sorted(PAYLOADS)), st.data(), JSON)
def test_no_odd_part_raises(event: str, data: st.DataObject, value: object) -> None:
    payload = PAYLOADS[event]
    key = data.draw(st.sampled_from(sorted(payload)))
    inner = payload[key]
    if isinstance(inner, dict) and inner and data.draw(st.booleans()):
        value = {**inner, data.draw(st.sampled_from(sorted(inner))): value}
    message = read_event(event, {**payload, key: value})
    assert isinstance(message, NotOurs | Message | PullRequestMessage)
    if not isinstance(message, NotOurs):
        assert type(message).from_json(message.to_json()) == message
