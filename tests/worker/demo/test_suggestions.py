"""Committing suggestions: what changes, what is refused, and what GitHub tells the App."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.github import Client
from worker.demo.github_standin import GitHubStandIn, SuggestionRefused
from worker.demo.github_standin.records import PullRequest
from worker.demo.github_standin.suggestions import (
    Replacement,
    apply_replacements,
    suggested_lines,
)

R = "/repos/octo-org/digits"


def suggest(text: str, line: int, start: int | None = None, **more: Any) -> dict[str, Any]:
    body = f"Better:\n\n```suggestion\n{text}\n```\n"
    comment = {"path": "train.py", "line": line, "body": body, **more}
    return comment if start is None else {**comment, "start_line": start}


def posted(client: Client, pull: PullRequest, *comments: dict[str, Any]) -> list[int]:
    known = len(pull.comments)
    body = {"event": "COMMENT", "body": "Hm.", "comments": list(comments)}
    answer = client.post(f"{R}/pulls/1/reviews", body)
    assert answer.status_code == 200, answer.text
    return [one.id for one in pull.comments[known:]]


def content(pull: PullRequest, path: str = "train.py") -> list[str]:
    data = pull.repository.git.read(pull.head_sha, path)
    assert data is not None
    return data.decode().split("\n")


def test_a_batch_is_one_commit(standin: GitHubStandIn, client: Client, pull: PullRequest) -> None:
    before, lines = pull.head_sha, content(pull)
    posted(
        client,
        pull,
        suggest("line 5", 5),
        suggest("new ab", 32, start=31),
        {"path": "train.py", "line": 33, "body": "No suggestion."},
    )
    after = standin.accept_suggestions(pull)
    expected = lines.copy()
    expected[30:32] = ["new ab"]
    expected[4] = "line 5"
    assert content(pull) == expected
    made = pull.repository.git.show(after)
    assert made.parents == (before,)
    subject, _, trailer = made.message.split("\n")
    assert subject == "Apply suggestions from code review"
    assert trailer.startswith("Co-authored-by: faultline[bot] <")
    event = standin.deliveries[-1]
    assert (event.event, event.payload["action"]) == ("pull_request", "synchronize")
    assert (event.payload["before"], event.payload["after"]) == (before, after)
    assert event.payload["sender"]["login"] == "mona"
    listed = client.get(f"{R}/pulls/1/comments").json()
    assert [one["line"] for one in listed] == [None, None, 32]
    assert listed[2]["commit_id"] == after
    assert listed[0]["commit_id"] == before
    assert listed[0]["original_line"] == 5


def test_one_suggestion_names_its_file(
    standin: GitHubStandIn, client: Client, pull: PullRequest
) -> None:
    (one,) = posted(client, pull, suggest("line 5", 5))
    sha = standin.accept_suggestions(pull, [one])
    assert pull.repository.git.show(sha).message.splitlines()[0] == "Update train.py"
    with pytest.raises(SuggestionRefused, match="resolved"):
        standin.accept_suggestions(pull, [one])


def test_an_empty_suggestion_deletes(
    standin: GitHubStandIn, client: Client, pull: PullRequest
) -> None:
    body = {"path": "train.py", "line": 5, "body": "```suggestion\n```"}
    posted(client, pull, body)
    before = content(pull)
    standin.accept_suggestions(pull)
    assert content(pull) == before[:4] + before[5:]


def test_what_cannot_be_committed(
    standin: GitHubStandIn, client: Client, pull: PullRequest
) -> None:
    same, left, over, plain = posted(
        client,
        pull,
        suggest("LINE 5", 5),
        suggest("x", 5, side="LEFT"),
        suggest("x", 6, start=4),
        {"path": "train.py", "line": 6, "body": "```python\nx\n```"},
    )
    texts = {same: "no changes", left: "deleted lines", over: "deleted lines", plain: "no sugg"}
    for comment, text in texts.items():
        with pytest.raises(SuggestionRefused, match=text):
            standin.accept_suggestions(pull, [comment])
    assert pull.repository.git.show(pull.head_sha).message == "Train faster"


def test_overlapping_suggestions(standin: GitHubStandIn, client: Client, pull: PullRequest) -> None:
    posted(client, pull, suggest("x", 31), suggest("y", 32, start=31))
    with pytest.raises(SuggestionRefused, match="Only one suggestion per line"):
        standin.accept_suggestions(pull)


def test_outdated_suggestions(standin: GitHubStandIn, client: Client, pull: PullRequest) -> None:
    old, moved = posted(client, pull, suggest("line 5", 5), suggest("new A", 31))
    text = "\n".join(["above", *content(pull)[:4], "Line five", *content(pull)[5:]])
    standin.push("faster", {"train.py": text})
    with pytest.raises(SuggestionRefused, match="outdated"):
        standin.accept_suggestions(pull, [old])
    standin.accept_suggestions(pull, [moved])
    assert content(pull)[31] == "new A"
    standin.close(pull)
    with pytest.raises(SuggestionRefused):
        standin.accept_suggestions(pull)


def test_comments_on_an_older_commit_are_born_outdated(
    standin: GitHubStandIn, client: Client, pull: PullRequest
) -> None:
    first = pull.head_sha
    text = "\n".join([*content(pull)[:4], "Line five", *content(pull)[5:]])
    standin.push("faster", {"train.py": text})
    body = {"event": "COMMENT", "body": "Hm.", "commit_id": first}
    comments = [suggest("line 5", 5), suggest("new A", 31)]
    assert client.post(f"{R}/pulls/1/reviews", {**body, "comments": comments}).status_code == 200
    assert [one.line for one in pull.comments] == [None, 31]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("```suggestion\na\n```", ("a",)),
        ("text\n\n````suggestion\n```\na\n```\n````\n", ("```", "a", "```")),
        ("```python\n```suggestion\n```\n", None),
        ("```python\nx\n```\n\n```suggestion\n  y\n```", ("  y",)),
        ("~~~suggestion\na\n~~~", ("a",)),
        ("```suggestion\r\na\r\n```", ("a",)),
        ("```suggestion\na", ("a",)),
        ("```suggestion\n\n```", ("",)),
        ("    ```suggestion\n    a\n    ```", None),
        ("nothing", None),
    ],
)
def test_reading_suggestions(body: str, lines: tuple[str, ...] | None) -> None:
    assert suggested_lines(body) == lines


rows = st.lists(st.text(st.characters(blacklist_characters="\r\n", codec="utf-8")), min_size=1)


@given(rows, rows, st.data(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_replacement_touches_its_lines_alone(
    lines: list[str], put: list[str], data: st.DataObject, ending: str, ended: bool
) -> None:
    start = data.draw(st.integers(1, len(lines)))
    end = data.draw(st.integers(start, len(lines)))
    if len(lines) == 1 and not ended:
        ending = "\n"  # a file of one unended line shows no line ending to keep
    text = ending.join(lines) + (ending if ended else "")
    made = apply_replacements(text.encode(), [Replacement(start, end, tuple(put))])
    expected = ending.join([*lines[: start - 1], *put, *lines[end:]]) + (ending if ended else "")
    assert made.decode() == expected
