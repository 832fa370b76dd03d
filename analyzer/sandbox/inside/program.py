"""Run the user's program as `python script.py` would, with the recorder around it."""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.machinery
import os
import sys
import traceback
import types
import warnings
from typing import Any

from .ending import Ending, without_training
from .recorder import Recorder, Stop, leave
from .starting import modules_in, start_of


def run(recorder: Recorder) -> int:
    """Run the requested program to the end of its warm-up and report.

    Returns:
        The exit status that Python would have given.
    """
    request, root = recorder.request, recorder.sources.root
    record_warnings(recorder)
    report_before_exit(recorder)
    try:
        run_as_main(root, request, known_names(recorder))
        if not _trained(recorder):
            train_fragment(recorder)
    except Stop:
        recorder.finish(None)
        return 0
    except BaseException as error:  # noqa: BLE001 - whatever the program raises is classified
        return _failed(recorder, error)
    recorder.finish(None if _trained(recorder) else without_training(recorder))
    return 0


def _failed(recorder: Recorder, error: BaseException) -> int:
    status = 1
    if isinstance(error, SystemExit):
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    else:
        _print_as_python_does(error)
    if isinstance(error, SystemExit) and status == 0 and _trained(recorder):
        recorder.finish(None)
    else:
        recorder.finish(Ending(recorder, error).report())
    return status


def _trained(recorder: Recorder) -> bool:
    trace = recorder.facts["trace"]
    return trace is not None and trace["steps"] > 0


def _print_as_python_does(error: BaseException) -> None:
    """The traceback without our own frames at its top."""
    step = error.__traceback__
    here = os.path.dirname(os.path.abspath(__file__))
    while step is not None and step.tb_frame.f_code.co_filename.startswith(here):
        step = step.tb_next
    traceback.print_exception(type(error), error, step)


def known_names(recorder: Recorder) -> Any:
    """The program's `__builtins__`; with `compat` it also knows usual names left undefined."""
    if not (recorder.request["observe"] and recorder.request["compat"]):
        return builtins
    undefined = importlib.import_module(".compat_undefined", __package__)
    return recorder.guarded(undefined.namespace, recorder) or builtins


def train_fragment(recorder: Recorder) -> None:
    """A file that defines its training function and never calls it: the stand-ins call it."""
    request = recorder.request
    if request["observe"] and request["stand_ins"] and not request.get("entry"):
        standins = importlib.import_module(".standins", __package__)
        standins.train_fragment(recorder, vars(sys.modules["__main__"]))


def run_as_main(root: str, request: dict[str, Any], names: Any = builtins) -> None:
    """Execute the script as __main__, or call the entry's function."""
    if request.get("entry"):
        _call_entry(root, request)
        return
    path = os.path.join(root, request["script"])
    with open(path, "rb") as file:
        source = file.read()
    tree = compile(source, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    start = start_of(root, path, tree)
    _enter(root, start.imports, start.folder, request)
    sys.argv = [path, *request["argv"]]
    module = types.ModuleType("__main__")
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    module.__dict__.update(
        __file__=path, __builtins__=names, __loader__=loader, __spec__=None, __cached__=None
    )
    if start.package is not None:
        module.__package__ = start.package
    if path.endswith(".ipynb"):
        module.__dict__["display"] = _display
    sys.modules["__main__"] = module
    code = compile(source, path, "exec", dont_inherit=True)
    exec(code, module.__dict__)


def _display(*values: object, **_options: object) -> None:
    """What a notebook has without importing it; in a script the values are printed."""
    print(*values)


def _call_entry(root: str, request: dict[str, Any]) -> None:
    module_name, _, function = request["entry"].partition(":")
    _enter(root, root, root, request)
    sys.argv = [module_name, *request["argv"]]
    target: Any = importlib.import_module(module_name)
    for part in function.split("."):
        target = getattr(target, part)
    target()


def _enter(root: str, imports: str, folder: str, request: dict[str, Any]) -> None:
    """Working folder and import path, as when a person starts the script."""
    chosen = request.get("working_folder")
    os.chdir(folder if chosen is None else os.path.join(root, chosen))
    sys.path.insert(0, imports)
    # Last of all the root: a repository's own package is installed where its programs really run.
    sys.path += [path for path in (root, os.path.join(root, "src")) if os.path.isdir(path)]
    release_shadowed(imports)


def release_shadowed(folder: str) -> None:
    """Forget modules that we imported and that the program shadows with files of its own.

    A program with a `json.py` beside it gets that one in plain Python, and so it must here; our own
    modules keep the ones they already hold.
    """
    names = modules_in(folder)
    keep = {"sys", "builtins", "os", "__main__", "site", "codecs", "io", "abc", "stat", "encodings"}
    for name in list(sys.modules):
        top = name.partition(".")[0]
        if top in names and top not in keep and top not in sys.builtin_module_names:
            del sys.modules[name]


def record_warnings(recorder: Recorder) -> None:
    """Note every warning that is shown, with the user's line; it is shown as before."""
    show = warnings.showwarning

    def showwarning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        site = recorder.sources.of_lines(filename, lineno) or recorder.user_site()
        recorder.add_warning(category.__name__, str(message), site)
        show(message, category, filename, lineno, file, line)

    warnings.showwarning = showwarning


def report_before_exit(recorder: Recorder) -> None:
    """A program that calls os._exit still reports what was seen."""
    end_now = os._exit

    def _exit(status: int) -> None:
        if not recorder.finished:
            recorder.finish(None if _trained(recorder) else without_training(recorder))
        end_now(status)

    os._exit = _exit  # type: ignore[assignment]


__all__ = ["leave", "run"]
