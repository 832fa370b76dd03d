import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.git import Repository
from worker.clone import Clone
from worker.diff import ChangedFile, Hunk, PatchError, parse_patch
from worker.errors import CloneError

# Few different lines, so that git finds moved blocks; with everything that looks like a patch.
LINES = st.sampled_from(
    [
        "a",
        "b",
        "",
        "\ttab",
        "crlf\r",
        "@@ -1,2 +3,4 @@",
        "+plus",
        "-minus",
        "\\ No newline",
        "ä\x0c",
    ]
)
TEXTS = st.builds(
    lambda lines, ends: ("\n".join(lines) + ("\n" if ends and lines else "")).encode(),
    st.lists(LINES, max_size=30),
    st.booleans(),
)


@pytest.fixture(scope="module")
def repository() -> Iterator[Repository]:
    with TemporaryDirectory() as folder:
        yield Repository(Path(folder))


def by_headers(repository: Repository, base: str, head: str) -> tuple[set[int], set[int], set[int]]:
    """Added lines, gaps and commentable lines, from the headers of a diff without context."""
    output = repository.run("diff", "--unified=0", base, head, "--", "file").decode()
    added, gaps, near = set(), set(), set()
    for old, number, length in re.findall(r"(?m)^@@ -\d+,?(\d*) \+(\d+),?(\d*) @@", output):
        count = int(length or 1)
        first = int(number) + (0 if count else 1)  # git names the line before an empty range
        added |= set(range(first, first + count))
        if int(old or 1):
            gaps.add(first)
        near |= set(range(first - 3, first + count + 3))
    return added, gaps, near


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(TEXTS, TEXTS)
def test_agrees_with_git(repository: Repository, old: bytes, new: bytes) -> None:
    base = repository.commit({"file": old})
    head = repository.commit({"file": new})
    files = Clone(repository.folder).changed_files(base, head)
    if old == new:
        assert files == {}
        return
    hunks = files["file"].hunks or ()
    added, gaps, near = by_headers(repository, base, head)
    count = len(new.removesuffix(b"\n").split(b"\n")) if new else 0
    assert set().union(*(hunk.added for hunk in hunks)) == added
    assert set().union(*(hunk.gaps for hunk in hunks)) == gaps
    shown = {line for hunk in hunks for line in range(hunk.first, hunk.last + 1)}
    assert shown == {line for line in near if 1 <= line <= count}


PATCH = """@@ -1,4 +1,5 @@ def f():
 one
-two
+2
+2b
 three
 four
@@ -20,2 +21 @@
 x
-y
\\ No newline at end of file"""


def test_hunks_of_a_patch() -> None:
    first, second = parse_patch(PATCH)
    assert first == Hunk(1, 5, frozenset({2, 3}), frozenset({2}))
    assert second == Hunk(21, 21, frozenset(), frozenset({22}))
    file = ChangedFile("f.py", "modified", hunks=(first, second))
    assert file.hunk_at(5) == first
    assert file.hunk_at(5, 21) is None  # two hunks
    assert file.hunk_at(6) is None  # between them
    assert first.is_unbroken(2, 5)
    assert not first.is_unbroken(1, 2)  # "two" was deleted in between


def test_removed_file_has_no_lines() -> None:
    (hunk,) = parse_patch("@@ -1,2 +0,0 @@\n-a\n-b")
    assert ChangedFile("f.py", "removed", hunks=(hunk,)).hunk_at(1) is None


def test_file_without_patch_has_no_lines() -> None:
    assert ChangedFile("weights.bin", "modified").hunk_at(1) is None


@pytest.mark.parametrize(
    "patch", ["@@ -1 +1,2 @@\n-a\n+b", "@@ -1,1 +1 @@\n*", "@@ -1,0 +1 @@\n-a"]
)
def test_broken_patch(patch: str) -> None:
    with pytest.raises(PatchError, match="hunk"):
        parse_patch(patch)


@given(st.text(alphabet="@+- \\\n01,a"))
def test_no_text_crashes(text: str) -> None:
    with contextlib.suppress(PatchError):
        parse_patch(text)


def test_clone_tells_all_kinds_of_change(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "a clone")
    long = b"".join(b"line %d\n" % number for number in range(30))
    base = repository.commit(
        {
            "gone.py": b"x\n",
            "old name.py": long,
            "moved.py": long.replace(b"line", b"row"),
            "image.png": b"\0\1",
            "latin.py": "# ä\n".encode("latin-1"),
            "kept.py": b"same\n",
            "link.py": b"becomes a link\n",
        }
    )
    (repository.folder / "link.py").unlink()
    (repository.folder / "link.py").symlink_to("kept.py")
    head = repository.commit(
        {
            "gone.py": None,
            "old name.py": None,
            'neu ä".py': long.replace(b"line 3\n", b"line three\n"),
            "moved.py": None,
            "sub/moved.py": long.replace(b"line", b"row"),
            "image.png": b"\0\2",
            "latin.py": "# ö\n".encode("latin-1"),
            "empty.py": b"",
        }
    )
    files = Clone(repository.folder).changed_files(base, head)
    assert {path: (file.status, file.previous_path) for path, file in files.items()} == {
        "gone.py": ("removed", None),
        'neu ä".py': ("renamed", "old name.py"),
        "sub/moved.py": ("renamed", "moved.py"),
        "image.png": ("modified", None),
        "latin.py": ("modified", None),
        "link.py": ("changed", None),
        "empty.py": ("added", None),
    }
    assert files['neu ä".py'].hunk_at(4) is not None
    for path in ("sub/moved.py", "image.png", "empty.py"):
        assert files[path].hunks is None
    assert files["latin.py"].hunk_at(1) is not None


def test_clone_ignores_the_users_configuration(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    lines = [f"line {number}\n" for number in range(40)]
    base = repository.commit({"f.py": "".join(lines).encode()})
    lines[10], lines[20] = "x\n", "y\n"
    head = repository.commit({"f.py": "".join(lines).encode()})
    expected = Clone(tmp_path).changed_files(base, head)
    for setting in ("noprefix=true", "mnemonicPrefix=true", "context=9", "interHunkContext=9"):
        repository.run("config", *(f"diff.{setting}").split("="))
    repository.run("config", "color.ui", "always")
    assert Clone(tmp_path).changed_files(base, head) == expected


def test_clone_shows_only_what_head_changed(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.commit({"f.py": b"a\n"})
    repository.run("checkout", "--quiet", "-b", "topic")
    head = repository.commit({"mine.py": b"m\n"})
    repository.run("checkout", "--quiet", "main")
    base = repository.commit({"theirs.py": b"t\n"})
    assert list(Clone(tmp_path).changed_files(base, head)) == ["mine.py"]


def test_clone_says_what_is_missing(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.commit({"f.py": b"a\n"})
    with pytest.raises(CloneError, match="no commit 'nowhere'"):
        Clone(tmp_path).commit("nowhere")
    with pytest.raises(CloneError, match="no commit '--help'"):
        Clone(tmp_path).commit("--help")
