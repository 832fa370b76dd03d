"""Patches and the rows that can carry comments, against git and against a second, slow way."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.demo.github_standin.diffs import changed_files, moved_line, parse_hunks
from worker.demo.github_standin.git import SYMLINK, GitRepository, Person, TreeEntry

BY = Person("Mona", "mona@example.com")


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    return GitRepository.create(tmp_path_factory.mktemp("git") / "a.git")


def commits(git: GitRepository, before: dict[str, object], after: dict[str, object]):
    base = git.commit("refs/heads/main", before, "one", BY, None)  # type: ignore[arg-type]
    return base, git.commit("refs/heads/topic", after, "two", BY, base)  # type: ignore[arg-type]


BEFORE = {
    "kept.py": "a\n",
    "edited.py": "a\nb\nc",
    "old name.py": "".join(f"{n}\n" for n in range(20)),
    "gone.py": "a\n",
    "image.png": b"\0\1",
    "script.sh": "a\n",
    "link": "a\n",
    'sch\u00f6n "quoted".py': "a\n",
    "latin.py": "caf\xe9\n".encode("latin-1"),
    "dos.py": "a\r\nb\r\n",
}
AFTER = {
    "edited.py": "a\nB\nc",
    "old name.py": None,
    "new name.py": "".join(f"{n}\n" for n in range(19)) + "changed\n",
    "gone.py": None,
    "image.png": b"\0\2",
    "script.sh": TreeEntry(b"a\n", "100755"),
    "link": TreeEntry(b"kept.py", SYMLINK),
    'sch\u00f6n "quoted".py': "b\n",
    "latin.py": "th\xe9\n".encode("latin-1"),
    "dos.py": "a\r\nB\r\n",
    "empty.py": "",
}


def test_every_kind_of_change(git: GitRepository) -> None:
    files = {one.path: one for one in changed_files(git, *commits(git, BEFORE, AFTER))}
    status = {path: one.status for path, one in files.items()}
    assert status.pop("new name.py") == "renamed"
    assert files["new name.py"].previous_path == "old name.py"
    assert status == {
        "edited.py": "modified",
        "gone.py": "removed",
        "image.png": "modified",
        "script.sh": "modified",
        "link": "changed",
        'sch\u00f6n "quoted".py': "modified",
        "latin.py": "modified",
        "dos.py": "modified",
        "empty.py": "added",
    }
    without = [path for path, one in files.items() if one.patch is None]
    assert sorted(without) == ["empty.py", "image.png", "link", "script.sh"]
    expected = "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n\\ No newline at end of file"
    assert files["edited.py"].patch == expected
    assert "+B\r" in (files["dos.py"].patch or "")
    assert (files["gone.py"].additions, files["gone.py"].deletions) == (0, 1)


def test_a_large_diff_has_no_patch(git: GitRepository) -> None:
    many = "".join(f"{n}\n" for n in range(3_001))
    wide = "x" * 100_001
    (a, b, c) = changed_files(
        git, *commits(git, {"z": "z"}, {"a": many, "b": wide, "c": many[: many.index("2999")]})
    )
    assert (a.patch, a.hunks, a.additions) == (None, (), 3_001)
    assert b.patch is None
    assert c.patch is not None


def test_positions_count_later_headers(git: GitRepository) -> None:
    lines = [f"{n}\n" for n in range(1, 41)]
    after = ["first\n", *lines[1:39], "last\n"]
    (file,) = changed_files(git, *commits(git, {"f": "".join(lines)}, {"f": "".join(after)}))
    rows = (file.patch or "").split("\n")
    for hunk in file.hunks:
        for row in hunk.rows:
            assert rows[row.position] == row.kind + row.text
    assert len(file.hunks) == 2


def test_rows_that_look_like_headers() -> None:
    patch = "@@ -1,3 +1,2 @@\n-@@ -5 +5 @@\n-- a\n+diff --git a/x b/x\n c"
    (hunk,) = parse_hunks(patch)
    assert [row.kind for row in hunk.rows] == ["-", "-", "+", " "]
    assert [row.old for row in hunk.rows] == [1, 2, None, 3]
    assert [row.new for row in hunk.rows] == [None, None, 1, 2]


texts = st.lists(st.sampled_from(["a", "b", "c", "", "@@ -1 +1 @@", "-x", "+y"]), max_size=25)


@settings(max_examples=25, deadline=None)
@given(texts, texts, st.booleans())
def test_rows_rebuild_both_files(
    tmp_path_factory: pytest.TempPathFactory, old: list[str], new: list[str], ended: bool
) -> None:
    """Every row stands where its numbers say, and the rows left out are equal in both files."""
    git = GitRepository.create(Path(tmp_path_factory.mktemp("p")) / "a.git")
    end = "\n" if ended else ""
    before, after = "\n".join(old) + end, "\n".join(new) + end
    pair = commits(git, {"f": before, "other": "1"}, {"f": after, "other": "2"})
    file = next((one for one in changed_files(git, *pair) if one.path == "f"), None)
    if file is None or file.patch is None:
        assert before == after
        return
    rebuilt = list(before.split("\n"))
    for hunk in reversed(file.hunks):
        olds = [row for row in hunk.rows if row.old is not None]
        news = [row.text for row in hunk.rows if row.new is not None]
        for row in olds:
            assert before.split("\n")[(row.old or 0) - 1] == row.text
        start = (olds[0].old or 1) - 1 if olds else 0
        rebuilt[start : start + len(olds)] = news
    assert "\n".join(rebuilt).rstrip("\n") == after.rstrip("\n")


@settings(max_examples=25, deadline=None)
@given(texts, texts)
def test_lines_are_followed(
    tmp_path_factory: pytest.TempPathFactory, old: list[str], new: list[str]
) -> None:
    """A line is found again with its own text, in order, and only deleted ones are not found."""
    git = GitRepository.create(Path(tmp_path_factory.mktemp("m")) / "a.git")
    before, after = ["first", *old], ["first", *new]
    files = [{"f": "\n".join(rows) + "\n"} for rows in (before, after)]
    first, second = commits(git, {**files[0], "other": "1"}, {**files[1], "other": "2"})
    found = [moved_line(git, first, second, "f", line + 1) for line in range(len(before))]
    kept = [(before[i], after[line - 1]) for i, line in enumerate(found) if line is not None]
    assert all(was == now for was, now in kept)
    places = [line for line in found if line is not None]
    assert places == sorted(set(places))
    changes = [one for one in changed_files(git, first, second) if one.path == "f"]
    assert found.count(None) == sum(one.deletions for one in changes)
