"""`faultline review` and `faultline worker` as a person runs them."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.git import Repository
from tests.support.service import FAULTLINE
from worker.demo.github_standin.suggestions import suggested_lines

BASE = b"""\
import torch
from torch import nn
x = torch.randn(512, 4)
y = (x[:, 0] > 0).long()
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(64):
    batch = slice(step % 8 * 64, step % 8 * 64 + 64)
    optimizer.zero_grad()
    out = model(x[batch])
    loss = loss_fn(out, y[batch])
    loss.backward()
    optimizer.step()
"""
HEAD = BASE.replace(b"nn.Linear(8, 2))", b"nn.Linear(8, 2), nn.Softmax(1))")


def faultline(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(FAULTLINE), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    repository = Repository(tmp_path)
    repository.commit({"train.py": BASE})
    repository.commit({"train.py": HEAD})
    return tmp_path


def test_prints_the_requests_of_the_app(clone: Path) -> None:
    done = faultline(clone, "review", "--base", "HEAD~1", "--head", "HEAD", "--format", "github")
    assert done.returncode == 1, done.stderr
    posted = json.loads(done.stdout)
    (comment,) = posted["review"]["comments"]
    assert (comment["path"], comment["line"], comment["side"]) == ("train.py", 5, "RIGHT")
    (line,) = suggested_lines(comment["body"]) or ()
    assert "Softmax" not in line
    assert posted["review"]["commit_id"] == posted["check_run"]["head_sha"]
    assert posted["check_run"]["conclusion"] == "failure"


def test_lines_that_git_counts_differently_are_not_commented_on(clone: Path) -> None:
    mixed = HEAD.replace(b"import torch\n", b"import torch  # old\rimport math\n", 1)
    Repository(clone).commit({"mixed.py": mixed})
    done = faultline(clone, "review", "--base", "HEAD~1", "--format", "github")
    posted = json.loads(done.stdout)
    assert posted["review"] is None
    assert "mixed.py:6" in posted["check_run"]["output"]["summary"]  # Python's number
    assert "Outside the lines of this change" in posted["check_run"]["output"]["summary"]


def test_static_text_for_a_person(clone: Path) -> None:
    done = faultline(clone, "review", "--base", "HEAD~1", "--static")
    assert done.returncode == 0, done.stderr
    assert "Check run: neutral" in done.stdout
    assert "switched off" in done.stdout


def test_other_formats_give_the_report(clone: Path) -> None:
    done = faultline(clone, "review", "--base", "HEAD~1", "--static", "--format", "json")
    assert [program["path"] for program in json.loads(done.stdout)["programs"]] == ["train.py"]


def test_changed_files_that_the_snapshot_lacks_are_told(clone: Path) -> None:
    (clone / "link.py").symlink_to("train.py")
    attributes = {".gitattributes": b"hidden.py export-ignore\n", "hidden.py": BASE}
    Repository(clone).commit(attributes)
    done = faultline(clone, "review", "--base", "HEAD~1", "--format", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["programs"] == 2
    assert {program["path"]: program["status"] for program in report["programs"]} == {
        "link.py": "skipped",
        "hidden.py": "skipped",
    }
    assert all("not in the commit's snapshot" in one["reason"] for one in report["programs"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("review", "--base", "nowhere"), "no commit 'nowhere'"),
        (("review", "--repo", "/usr", "--base", "HEAD"), "no commit 'HEAD'"),
        (("review",), "--base"),
        (("worker",), "FAULTLINE_BROKER_URL is not set"),
        (("worker", "--broker-url", "redis://x", "--queues", "all"), "--queues"),
        (("worker", "--sandbox", "none"), "FAULTLINE_ALLOW_UNSANDBOXED=1"),
    ],
)
def test_wrong_usage_is_one_line(clone: Path, arguments: tuple[str, ...], words: str) -> None:
    done = faultline(clone, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_wrong_configuration_of_the_base(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.commit({"train.py": BASE, ".github/faultline.yml": b"version: 1\nprogramms: []\n"})
    repository.commit({"train.py": HEAD, ".github/faultline.yml": b"version: 1\n"})
    done = faultline(tmp_path, "review", "--base", "HEAD~1")
    assert done.returncode == 2
    assert ".github/faultline.yml:2: unknown key programms; did you mean programs?" in done.stderr
