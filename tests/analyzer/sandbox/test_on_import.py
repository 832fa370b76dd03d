"""Callbacks after imports: modules, submodules, several callbacks, failed imports."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from types import ModuleType

import pytest

from analyzer.sandbox.inside import on_import


@pytest.fixture(autouse=True)
def watch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> on_import.ImportWatch:
    """A fresh watch, and a package to import that nobody has imported yet."""
    fresh = on_import.ImportWatch()
    monkeypatch.setattr(on_import, "WATCH", fresh)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    package = tmp_path / "watched_package"
    package.mkdir()
    (package / "__init__.py").write_text("from . import part\nready = True\n")
    (package / "part.py").write_text("value = 41\nvalue += 1\n")
    (package / "broken.py").write_text("raise RuntimeError('broken')\n")
    importlib.invalidate_caches()
    return fresh


def test_runs_every_callback_after_the_whole_module() -> None:
    seen: list[object] = []
    on_import.when_imported("watched_package", lambda module: seen.append(module.ready))
    on_import.when_imported("watched_package", lambda module: seen.append(module.part.value))
    import watched_package  # type: ignore[import-not-found]

    assert seen == [True, 42]
    assert inspect.getsource(watched_package) == "from . import part\nready = True\n"
    assert "exec_module" not in vars(watched_package.__loader__)


def test_runs_for_a_submodule_with_its_final_values() -> None:
    seen: list[int] = []
    on_import.when_imported("watched_package.part", lambda module: seen.append(module.value))
    importlib.import_module("watched_package")
    assert seen == [42]


def test_runs_at_once_for_a_module_that_is_there() -> None:
    seen: list[ModuleType] = []
    importlib.import_module("watched_package")
    on_import.when_imported("watched_package", seen.append)
    assert seen == [sys.modules["watched_package"]]


def test_waits_for_a_module_that_is_only_half_imported(tmp_path: Path) -> None:
    (tmp_path / "half_way.py").write_text("import half_hook\nbody = 'complete'\n")
    (tmp_path / "half_hook.py").write_text(
        "from analyzer.sandbox.inside import on_import\n"
        "seen = []\n"
        "on_import.when_imported('half_way', lambda module: seen.append(module.body))\n"
    )
    (tmp_path / "afterwards.py").write_text("")
    importlib.import_module("half_way")
    importlib.import_module("afterwards")
    assert sys.modules["half_hook"].seen == ["complete"]


def test_an_import_that_fails_keeps_the_callback_waiting(watch: on_import.ImportWatch) -> None:
    on_import.when_imported("watched_package.broken", lambda _module: None)
    with pytest.raises(RuntimeError, match="broken"):
        importlib.import_module("watched_package.broken")
    assert "watched_package.broken" in watch.waiting


def test_a_failing_callback_is_reported_and_the_import_goes_on(
    watch: on_import.ImportWatch,
) -> None:
    failures: list[str] = []
    watch.failed = lambda name, error: failures.append(f"{name}: {error}")
    on_import.when_imported("watched_package", lambda module: module.absent)
    assert importlib.import_module("watched_package").ready
    (failure,) = failures
    assert failure.startswith("watched_package: ")
    assert "'absent'" in failure
