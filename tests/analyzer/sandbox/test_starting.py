"""Programs are started as a person would: from the folder that holds their files, as a module."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from analyzer.sandbox.inside.starting import start_of
from tests.support.sandboxed import Programs, trouble_of


def start(root: Path, path: str, text: str) -> tuple[str, str | None]:
    found = start_of(str(root), str(root / path), ast.parse(text))
    return Path(found.folder).relative_to(root).as_posix(), found.package


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("data/train.csv", "tool/data/own.csv", "tool/net/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("read('data/train.csv')", "."),
        ("read('./data/train.csv')", "."),
        ("def main(path='data/train.csv'): pass", "."),
        ("read(f'data/{name}.csv')", "tool"),
        ("read('data/own.csv')", "tool"),
        ("read('data/own.csv', 'data/train.csv')", "tool"),
        ("read('data/nowhere.csv')", "tool"),
        ("table['data']", "tool"),
        ("x = 1", "tool"),
    ],
)
def test_the_folder_that_holds_the_named_files(repository: Path, text: str, folder: str) -> None:
    assert start(repository, "tool/train.py", text) == (folder, None)


def test_a_folder_named_by_one_word_counts_where_a_call_takes_it(repository: Path) -> None:
    assert start(repository, "other/train.py", "join('data', name)") == (".", None)
    assert start(repository, "other/train.py", "table['data']") == ("other", None)


@pytest.mark.parametrize(
    ("path", "text", "package"),
    [
        ("tool/net/train.py", "from . import layers", "net"),
        ("tool/net/train.py", "from .. import layers", "tool.net"),
        ("tool/net/train.py", "import layers", None),
        ("plain/train.py", "from .layers import x", "plain"),
    ],
)
def test_relative_imports_need_a_package(
    repository: Path, path: str, text: str, package: str | None
) -> None:
    assert start(repository, path, text)[1] == package


def test_a_repository_that_is_itself_the_package(repository: Path) -> None:
    found = start_of(str(repository), str(repository / "train.py"), ast.parse("from .a import b"))
    assert found == (str(repository), str(repository.parent), repository.name)


def printed(programs: Programs, **request: Any) -> Any:
    seen = programs.run(**request)
    assert trouble_of(seen).cause == "no_model", (seen.trouble, seen.output)
    return json.loads(seen.output.splitlines()[-1])


def test_a_module_of_a_package_runs_as_with_dash_m(either: Programs) -> None:
    either.write("package/__init__.py", "")
    either.write("package/net.py", "value = 7\n")
    either.write("data/x.txt", "here")
    text = """
        from .net import value
        import json
        print(json.dumps([value, __name__, __package__, open("data/x.txt").read()]))
        """
    shown = printed(either, text=text, script="package/train.py")
    assert shown == [7, "__main__", "package", "here"]


def test_a_script_whose_data_lies_in_the_repository_starts_there(either: Programs) -> None:
    either.write("data/x.txt", "here")
    text = "import json\nprint(json.dumps(open('data/x.txt').read()))\n"
    assert printed(either, text=text, script="scripts/train.py") == "here"
