"""Every operation of the stand-in answers as GitHub's description says; the fixture checks that
for each exchange and each webhook, these tests see to it that all of them happen."""

import io
import json
import tarfile

import httpx
import pytest

from tests.support.github import Client, as_app, as_installation
from tests.support.openapi import assert_valid_exchange, assert_valid_webhook, describe
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.calls import OPERATIONS
from worker.demo.github_standin.records import PullRequest

R = "/repos/octo-org/digits"


def test_every_operation_is_one_that_github_describes() -> None:
    for one in OPERATIONS:
        if one.template in ("/graphql", "/repos/{owner}/{repo}/tarball"):
            continue
        path = one.template
        if path.endswith(("/contents", "/contents/")):
            path = "/repos/{owner}/{repo}/contents/{path}"
        found = describe(one.method, path)
        assert found is not None, path
        assert found.template == path


@pytest.mark.usefixtures("pull")
def test_the_app_and_its_installation(standin: GitHubStandIn) -> None:
    app = as_app(standin)
    assert app.get("/app").json()["slug"] == "faultline"
    assert app.get("/app/installations").json()[0]["id"] == standin.installation_id
    assert app.get(f"/app/installations/{standin.installation_id}").status_code == 200
    assert app.get(f"{R}/installation").json()["id"] == standin.installation_id
    narrow = as_installation(standin, repositories=["digits"], permissions={"contents": "read"})
    assert narrow.get("/installation/repositories").json()["total_count"] == 1
    assert narrow.get("/rate_limit").json()["resources"]["core"]["limit"] == 5_000
    assert narrow.call("DELETE", "/installation/token").status_code == 204
    assert narrow.get(R).status_code == 401


def test_a_manifest_becomes_an_app_once(standin: GitHubStandIn) -> None:
    nobody, path = Client(standin, None), f"/app-manifests/{standin.manifest_code()}/conversions"
    made = nobody.post(path)
    assert made.status_code == 201
    assert made.json()["pem"] == standin.private_key
    assert made.json()["webhook_secret"] == standin.webhook_secret
    assert nobody.post(path).status_code == 404
    late = f"/app-manifests/{standin.manifest_code()}/conversions"
    now = standin.hub.clock()
    standin.hub.clock = lambda: now + 3_601
    assert nobody.post(late).status_code == 404


def test_a_token_is_long_and_ends_within_the_hour(standin: GitHubStandIn) -> None:
    path = f"/app/installations/{standin.installation_id}/access_tokens"
    answer = as_app(standin).post(path).json()
    assert len(answer["token"]) > 480
    assert answer["token"].count(".") == 2
    assert answer["expires_at"].endswith("Z")


def test_reading_the_repository(client: Client, pull: PullRequest) -> None:
    assert client.get(R).json()["default_branch"] == "main"
    file = client.get(f"{R}/contents/docs/a%20file.md").json()
    assert (file["type"], file["encoding"]) == ("file", "base64")
    raw = client.get(
        f"{R}/contents/docs/a%20file.md", headers={"Accept": "application/vnd.github.raw+json"}
    )
    assert raw.text == "# Title\n"
    names = [one["name"] for one in client.get(f"{R}/contents/").json()]
    assert names == ["docs", "gone.py", "image.png", "moved.py", "train.py"]
    assert [one["path"] for one in client.get(f"{R}/contents/docs").json()] == ["docs/a file.md"]
    assert client.get(f"{R}/contents/fresh.py").status_code == 404
    assert client.get(f"{R}/contents/fresh.py?ref=faster").status_code == 200
    assert client.get(f"{R}/contents/fresh.py?ref={pull.head_sha}").status_code == 200
    blob = client.get(f"{R}/git/blobs/{file['sha']}").json()
    assert blob["size"] == 8
    tree = client.get(f"{R}/git/trees/{pull.head_sha}?recursive=1").json()
    assert "models/moved.py" in [one["path"] for one in tree["tree"]]
    assert client.get(f"{R}/commits/{pull.head_sha}").json()["commit"]["message"] == "Train faster"


def test_the_archive_comes_from_another_host(client: Client, pull: PullRequest) -> None:
    answer = client.get(f"{R}/tarball/{pull.head_sha}")
    assert answer.status_code == 302
    place = httpx.URL(answer.headers["Location"])
    assert place.port != answer.url.port
    packed = httpx.get(place, trust_env=False).content
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        names = tar.getnames()
    root = f"octo-org-digits-{pull.head_sha[:7]}"
    assert f"{root}/train.py" in names
    assert httpx.get(place.copy_set_param("token", "x"), trust_env=False).status_code == 404
    with_token = httpx.get(place, headers={"Authorization": "Bearer x"}, trust_env=False)
    assert with_token.status_code == 400


def test_the_comparison_is_from_the_merge_base(standin: GitHubStandIn, client: Client) -> None:
    standin.push("main", {"README.md": "later\n"}, "Say something")
    compared = client.get(f"{R}/compare/main...faster").json()
    assert (compared["status"], compared["ahead_by"], compared["behind_by"]) == ("diverged", 1, 1)
    assert "README.md" not in [one["filename"] for one in compared["files"]]


def test_pull_requests(standin: GitHubStandIn, client: Client, pull: PullRequest) -> None:
    first, shown = (client.get(f"{R}/pulls/1").json() for _ in range(2))
    assert [first["mergeable"], shown["mergeable"]] == [None, True]
    assert shown["changed_files"] == 5
    assert shown["head"]["sha"] == pull.head_sha
    assert [one["number"] for one in client.get(f"{R}/pulls?state=all").json()] == [1]
    assert len(client.get(f"{R}/pulls/1/commits").json()) == 1
    assert client.get(f"{R}/commits/{pull.head_sha}/pulls").json()[0]["number"] == 1
    diff = client.get(f"{R}/pulls/1", headers={"Accept": "application/vnd.github.diff"})
    assert diff.text.startswith("diff --git ")
    standin.mark_draft(pull, True)
    standin.mark_draft(pull, False)
    standin.close(pull)
    assert client.get(f"{R}/pulls").json() == []
    standin.reopen(pull)


def test_an_app_commits_by_git_objects(
    standin: GitHubStandIn, client: Client, pull: PullRequest
) -> None:
    git, before = f"{R}/git", pull.head_sha
    assert client.get(f"{git}/ref/heads/faster").json()["object"]["sha"] == before
    base = client.get(f"{git}/commits/{before}").json()
    blob = client.post(f"{git}/blobs", {"content": "YSA9IDIK", "encoding": "base64"}).json()
    entries = [
        {"path": "fresh.py", "mode": "100644", "type": "blob", "sha": blob["sha"]},
        {"path": "docs/new.md", "mode": "100644", "type": "blob", "content": "new\n"},
        {"path": "image.png", "mode": "100644", "type": "blob", "sha": None},
    ]
    tree = {"base_tree": base["tree"]["sha"], "tree": entries}
    made = client.post(f"{git}/trees", tree).json()
    commit = {"message": "Fix", "tree": made["sha"], "parents": [before]}
    sha = client.post(f"{git}/commits", commit).json()["sha"]
    moved = client.call("PATCH", f"{git}/refs/heads/faster", {"sha": sha})
    assert moved.json()["object"]["sha"] == pull.head_sha == sha
    assert pull.repository.git.read(sha, "fresh.py") == b"a = 2\n"
    assert pull.repository.git.read(sha, "docs/new.md") == b"new\n"
    assert pull.repository.git.read(sha, "image.png") is None
    assert pull.repository.git.read(sha, "train.py") is not None
    assert standin.deliveries[-1].payload["sender"]["type"] == "Bot"
    back = client.call("PATCH", f"{git}/refs/heads/faster", {"sha": before})
    assert (back.status_code, back.json()["message"]) == (422, "Update is not a fast forward")
    forced = client.call("PATCH", f"{git}/refs/heads/faster", {"sha": before, "force": True})
    assert forced.status_code == 200
    assert client.post(f"{git}/commits", {**commit, "tree": before}).status_code == 422


def test_check_runs(standin: GitHubStandIn, client: Client, pull: PullRequest) -> None:
    made = client.post(f"{R}/check-runs", {"name": "Faultline", "head_sha": pull.head_sha}).json()
    assert (made["status"], made["conclusion"]) == ("queued", None)
    assert made["pull_requests"][0]["number"] == 1
    run = f"{R}/check-runs/{made['id']}"
    assert client.call("PATCH", run, {"status": "in_progress"}).json()["status"] == "in_progress"
    one = {
        "path": "train.py",
        "start_line": 5,
        "end_line": 5,
        "annotation_level": "failure",
        "message": "wrong",
    }
    output = {"title": "1 finding", "summary": "One.", "annotations": [one]}
    action = {"label": "Fix", "description": "Commit the edits", "identifier": "fix"}
    done = {"conclusion": "failure", "output": output, "actions": [action]}
    assert client.call("PATCH", run, done).json()["status"] == "completed"
    again = client.call("PATCH", run, {"output": {"summary": "One.", "annotations": [one]}})
    assert again.json()["output"]["annotations_count"] == 2
    assert len(client.get(f"{run}/annotations").json()) == 2
    listed = client.get(f"{R}/commits/{pull.head_sha}/check-runs?check_name=Faultline").json()
    assert listed["total_count"] == 1
    suite = made["check_suite"]["id"]
    assert client.get(f"{R}/check-suites/{suite}/check-runs").json()["total_count"] == 1
    assert client.get(run).json()["output"]["title"] == "1 finding"
    kept = standin.check_runs(pull)[0]
    standin.rerun(pull, kept)
    standin.click(pull, kept, "fix")
    actions = [one.payload["action"] for one in standin.deliveries if one.event == "check_run"]
    assert actions == ["created", "completed", "rerequested", "requested_action"]


def test_a_review_and_its_comments(
    standin: GitHubStandIn, client: Client, pull: PullRequest
) -> None:
    comments = [
        {"path": "train.py", "line": 5, "side": "RIGHT", "body": "Why?"},
        {"path": "train.py", "start_line": 31, "line": 32, "body": "Both?"},
        {"path": "train.py", "line": 5, "side": "LEFT", "body": "Was fine."},
        {"path": "train.py", "position": 5, "body": "By position."},
    ]
    body = {"commit_id": pull.head_sha, "event": "COMMENT", "body": "Hm.", "comments": comments}
    answer = client.post(f"{R}/pulls/1/reviews", body)
    assert answer.status_code == 200
    review = answer.json()
    assert (review["state"], review["user"]["login"]) == ("COMMENTED", "faultline[bot]")
    assert review["id"] > 2**31
    listed = client.get(f"{R}/pulls/1/comments").json()
    assert [one["line"] for one in listed] == [5, 32, 5, 5]
    assert [one["start_line"] for one in listed] == [None, 31, None, None]
    assert listed[0]["diff_hunk"].splitlines()[-1] == "+LINE 5"
    below = client.get(f"{R}/pulls/1/reviews/{review['id']}/comments").json()
    assert len(below) == 4
    assert "line" not in below[0]
    assert client.get(f"{R}/pulls/1/reviews/{review['id']}").json() == review
    assert client.get(f"{R}/pulls/1/reviews").json() == [review]
    assert [one.body for one in standin.reviews(pull)[0][1]] == [one["body"] for one in comments]


def test_single_comments_and_replies(client: Client, pull: PullRequest) -> None:
    body = {"body": "Hm.", "commit_id": pull.head_sha, "path": "train.py", "line": 5}
    top = client.post(f"{R}/pulls/1/comments", body)
    assert top.status_code == 201
    assert top.headers["Location"] == top.json()["url"]
    reply = client.post(f"{R}/pulls/1/comments/{top.json()['id']}/replies", {"body": "Yes."})
    assert reply.json()["in_reply_to_id"] == top.json()["id"]
    assert reply.json()["pull_request_review_id"] != top.json()["pull_request_review_id"]
    on_file = {**body, "subject_type": "file"}
    on_file.pop("line")
    assert client.post(f"{R}/pulls/1/comments", on_file).json()["subject_type"] == "file"
    path = f"{R}/pulls/comments/{top.json()['id']}"
    assert client.call("PATCH", path, {"body": "Hm!"}).json()["body"] == "Hm!"
    assert client.get(path).json()["body"] == "Hm!"
    assert client.call("DELETE", path).status_code == 204
    assert client.get(path).status_code == 404


def test_the_conversation(standin: GitHubStandIn, client: Client, pull: PullRequest) -> None:
    said = standin.comment(pull, "/faultline help")
    path = f"{R}/issues/comments/{said.id}"
    assert client.post(f"{path}/reactions", {"content": "eyes"}).status_code == 201
    assert client.post(f"{path}/reactions", {"content": "eyes"}).status_code == 200
    assert len(client.get(f"{path}/reactions").json()) == 1
    answer = client.post(f"{R}/issues/1/comments", {"body": "Here is help."})
    assert answer.status_code == 201
    own = f"{R}/issues/comments/{answer.json()['id']}"
    assert client.call("PATCH", own, {"body": "Better help."}).json()["body"] == "Better help."
    assert len(client.get(f"{R}/issues/1/comments").json()) == 2
    assert client.get(own).status_code == 200
    assert client.call("DELETE", own).status_code == 204
    assert client.get(f"{R}/collaborators/mona/permission").json()["permission"] == "write"
    standin.hub.user("stranger")
    assert client.get(f"{R}/collaborators/stranger/permission").json()["permission"] == "none"
    assert client.get(f"{R}/collaborators/nobody/permission").status_code == 404


@pytest.mark.usefixtures("pull")
def test_the_installation_is_announced(standin: GitHubStandIn) -> None:
    standin.announce_installation()
    assert standin.deliveries[-1].payload["repositories"][0]["full_name"] == "octo-org/digits"


@pytest.mark.usefixtures("pull")
def test_unchanged_answers_are_free(client: Client) -> None:
    first = client.get(f"{R}/pulls/1/files")
    again = client.get(f"{R}/pulls/1/files", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"]


@pytest.mark.usefixtures("pull")
def test_the_check_itself_can_fail(standin: GitHubStandIn) -> None:
    """The description is only worth something when it turns wrong answers down."""
    good = standin.deliveries[-1].payload
    assert_valid_webhook("pull_request", good)
    bad = json.loads(json.dumps(good))
    del bad["pull_request"]["head"]["sha"]
    with pytest.raises(AssertionError, match="'sha' is a required property"):
        assert_valid_webhook("pull_request", bad)
    wrong = {"name": "Faultline"}
    with pytest.raises(AssertionError, match="'head_sha' is a required property"):
        assert_valid_exchange("POST", f"{R}/check-runs", wrong, 201, {})
    with pytest.raises(AssertionError, match="is not described"):
        assert_valid_exchange("POST", f"{R}/pulls/1/reviews", {}, 201, {})
    with pytest.raises(AssertionError, match="GitHub describes no"):
        assert_valid_exchange("POST", f"{R}/pulls/1/review", {}, 200, {})
