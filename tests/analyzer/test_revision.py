from pathlib import Path

import pytest

from analyzer.errors import UsageError
from analyzer.revision import earlier, find_commit
from tests.support.git import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "work")
    content = {f"line {n}\n" for n in range(20)}
    made.commit({"models/a.py": "".join(sorted(content)).encode(), "top.py": b"x = 1\n"})
    return made


def test_a_folder_as_it_was(repository: Repository) -> None:
    repository.commit({"top.py": b"x = 2\n"})
    (repository.folder / "top.py").write_text("x = 3\n")
    with earlier(repository.folder, "HEAD~1") as then:
        assert (then.root / "top.py").read_text() == "x = 1\n"
        assert (then.root / "models/a.py").is_file()
    assert not then.root.exists()


def test_a_folder_below_the_top_has_its_own_paths(repository: Repository) -> None:
    folder = repository.folder / "models"
    repository.run("mv", "models/a.py", "models/b.py")
    with earlier(folder, "HEAD") as then:
        assert [file.name for file in then.root.iterdir()] == ["a.py"]
        assert then.renamed == {"b.py": "a.py"}


def test_a_folder_that_was_not_there_is_empty(repository: Repository) -> None:
    repository.commit({"later/c.py": b"y = 1\n"})
    with earlier(repository.folder / "later", "HEAD~1") as then:
        assert list(then.root.iterdir()) == []


def test_data_that_git_does_not_track_is_shown(repository: Repository) -> None:
    repository.commit({".gitignore": b"data/\n"})
    for name in ("data/x.csv", "notes.txt", "new.py", ".venv/lib.txt"):
        file = repository.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("1\n")
    with earlier(repository.folder, "HEAD") as then:
        assert sorted(mount.inside for mount in then.data) == ["data", "notes.txt"]


def test_links_stay_behind(repository: Repository) -> None:
    (repository.folder / "out").symlink_to("/etc")
    repository.commit({})
    with earlier(repository.folder, "HEAD") as then:
        assert not (then.root / "out").exists()


def test_no_repository_and_no_revision_are_told(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a commit of this repository, got 'nowhere'"):
        find_commit(repository.folder, "nowhere")
    with pytest.raises(UsageError, match="not in the working tree of a git repository"):
        find_commit(tmp_path, "HEAD")
    with pytest.raises(UsageError, match="got '--help'"):
        find_commit(repository.folder, "--help")
