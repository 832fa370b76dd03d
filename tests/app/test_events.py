import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events import NotOurs, read_event
from tests.support.deliveries import pull_request_payload
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


@pytest.mark.parametrize("action", ["closed", "labeled", None, "edited"])
def test_other_actions_are_not_ours(action: str) -> None:
    assert isinstance(read_event("pull_request", pull_request_payload(action)), NotOurs)


def test_missing_parts_are_named() -> None:
    payload = pull_request_payload()
    del payload["installation"]
    payload["pull_request"]["head"] = None
    outcome = read_event("pull_request", payload)
    assert outcome == NotOurs("the payload lacks installation_id, head_sha")


@given(st.sampled_from(["pull_request", "push", "ping"]), JSON)
def test_no_payload_raises(event: str, payload: object) -> None:
    assert isinstance(read_event(event, payload), NotOurs)


@given(st.sampled_from(["installation", "repository", "pull_request", "number"]), JSON)
def test_no_odd_part_raises(key: str, value: object) -> None:
    payload = {**pull_request_payload(), key: value}
    assert isinstance(read_event("pull_request", payload), NotOurs | PullRequestMessage)
