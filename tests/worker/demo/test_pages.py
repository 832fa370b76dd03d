"""Lists come in pages, linked as GitHub links them, and end where GitHub ends them."""

import re

import pytest

from tests.support.github import Client, as_installation
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.records import PullRequest

R = "/repos/octo-org/digits"


def links(header: str | None) -> dict[str, str]:
    found = re.findall(r'<([^>]+)>; rel="(\w+)"', header or "")
    return {rel: url for url, rel in found}


def test_the_links_lead_through_every_file(standin: GitHubStandIn) -> None:
    standin.create_repository("octo-org/digits", {"z.py": "z\n"})
    standin.push("many", {f"f{n:02}.py": "a\n" for n in range(65)})
    standin.open_pull_request("many", "Many files")
    client = as_installation(standin)
    seen: list[str] = []
    url: str | None = f"{R}/pulls/1/files"
    pages = 0
    while url is not None:
        answer = client.get(url)
        seen += [one["filename"] for one in answer.json()]
        url = links(answer.headers.get("Link")).get("next")
        pages += 1
    assert pages == 3
    assert seen == sorted(f"f{n:02}.py" for n in range(65))
    middle = links(client.get(f"{R}/pulls/1/files?per_page=20&page=2").headers["Link"])
    assert set(middle) == {"prev", "next", "last", "first"}
    assert "per_page=20" in middle["next"]
    assert "page=4" in middle["last"]
    assert len(client.get(f"{R}/pulls/1/files?per_page=1000").json()) == 65
    assert client.get(f"{R}/pulls/1/files?page=9").json() == []


def test_at_most_3000_files(standin: GitHubStandIn) -> None:
    standin.create_repository("octo-org/digits", {"z.py": "z\n"})
    standin.push("many", {f"d{n % 7}/f{n:04}.py": "a\n" for n in range(3_005)})
    standin.open_pull_request("many", "Very many files")
    client = as_installation(standin)
    pages = [client.get(f"{R}/pulls/1/files?per_page=100&page={n}").json() for n in (30, 31)]
    assert [len(page) for page in pages] == [100, 0]
    assert client.get(f"{R}/pulls/1").json()["changed_files"] == 3_005
    diff = client.get(f"{R}/pulls/1", headers={"Accept": "application/vnd.github.v3.diff"})
    assert diff.status_code == 406
    assert diff.json()["errors"][0]["code"] == "too_large"


@pytest.mark.usefixtures("pull")
def test_a_single_page_has_no_links(client: Client) -> None:
    assert "Link" not in client.get(f"{R}/pulls/1/files").headers


def test_the_files_of_the_pull_request(client: Client, pull: PullRequest) -> None:
    rows = {one["filename"]: one for one in client.get(f"{R}/pulls/1/files").json()}
    assert rows["models/moved.py"]["status"] == "renamed"
    assert rows["models/moved.py"]["previous_filename"] == "moved.py"
    assert "patch" not in rows["models/moved.py"]
    assert "patch" not in rows["image.png"]
    assert rows["gone.py"]["status"] == "removed"
    assert rows["fresh.py"]["patch"] == "@@ -0,0 +1 @@\n+a = 1"
    assert rows["train.py"]["patch"].endswith("\n\\ No newline at end of file")
    assert rows["train.py"]["sha"] == pull.repository.git.text("rev-parse", "faster:train.py")
