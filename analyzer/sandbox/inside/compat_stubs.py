"""Modules that only draw, log or decorate, and modules that are missing.

A decorative module that is not installed becomes a stub that accepts everything. Any other missing
module can be imported, because programs import much that they never use, but the first use of a
name out of it raises the `ModuleNotFoundError` that the import would have raised. An import inside
`try ... except ImportError` fails as always: there the program has its own way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from . import compat_source
from .compat_record import Uses
from .on_import import when_imported

# Modules whose absence changes nothing about training.
DECORATIVE = frozenset(
    """
    matplotlib seaborn plotly bokeh altair wandb tensorboard tensorboardX torchsummary torchinfo
    torchviz livelossplot IPython graphviz pydot pydotplus ann_visualizer mlflow comet_ml
    neptune visdom termcolor colorama prettytable tabulate tkinter PyQt5 pylab turtle
    mpl_toolkits google.colab keras_tqdm tqdm_keras eli5 shap lime yellowbrick missingno clearml
    aim scikitplot mlxtend.plotting jupyterthemes nvidia_smi GPUtil pynvml playsound winsound
    tqdm lightning_fabric hiddenlayer netron kerastuner_viz ipywidgets
    """.split()  # noqa: SIM905 - one name per line would fill a page
)


class Anything:
    """An object that every use of it leaves alone: callable, iterable (empty), a context."""

    def __init__(self, *_arguments: Any, **_keywords: Any) -> None:
        pass

    def __call__(self, *arguments: Any, **_keywords: Any) -> Any:
        # As a decorator it must give the function back.
        if len(arguments) == 1 and callable(arguments[0]) and not isinstance(arguments[0], type):
            return arguments[0]
        return Anything()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __getitem__(self, _key: Any) -> Any:
        return Anything()

    def __setitem__(self, _key: Any, _value: Any) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        # `fig, ax = plt.subplots()` unpacks two; more cannot be known.
        return iter((Anything(), Anything()))

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass


class Progress:
    """tqdm: the iterable itself, with the methods that programs call on a progress bar."""

    def __init__(
        self, iterable: Any = None, *_arguments: Any, total: Any = None, **_old: Any
    ) -> None:
        self.iterable = iterable if iterable is not None else range(total or 0)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.iterable)

    def __len__(self) -> int:
        return len(self.iterable)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    @staticmethod
    def write(*texts: Any, **_keywords: Any) -> None:
        """tqdm.write prints."""
        print(*texts)


def _trange(*arguments: Any, **keywords: Any) -> Progress:
    return Progress(range(*arguments), **keywords)


_TQDM = {"tqdm": Progress, "trange": _trange, "tqdm_notebook": Progress, "tnrange": _trange}


_SPECIAL: dict[str, dict[str, Any]] = {}


def special(module: str, name: str, value: Any) -> None:
    """A name that a decorative module must really have (it loads data)."""
    _SPECIAL.setdefault(module, {})[name] = value


class StubModule(ModuleType):
    """A decorative module: every name in it is `Anything`."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "Not installed; stands in and does nothing.")
        self.__path__: list[str] = []
        if name.split(".")[0] == "tqdm":
            self.__dict__.update(_TQDM)
        self.__dict__.update(_SPECIAL.get(name, {}))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Anything,), {}) if name[:1].isupper() else Anything()


class MissingName:
    """A name out of a module that is not installed; using it raises, having it does not."""

    def __init__(self, error: ModuleNotFoundError) -> None:
        self.__dict__["_error"] = error

    def _fail(self, *_arguments: Any, **_keywords: Any) -> Any:
        raise self.__dict__["_error"]

    __call__ = __getitem__ = __iter__ = __enter__ = __len__ = __add__ = __mro_entries__ = _fail

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._fail()


class MissingModule(ModuleType):
    """A module that is not installed: names can be imported from it but not used."""

    def __init__(self, name: str, error: ModuleNotFoundError) -> None:
        super().__init__(name, "Not installed.")
        self.__path__: list[str] = []
        self.__dict__["_error"] = error

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return MissingName(self.__dict__["_error"])


Maker = Callable[[str], ModuleType | None]


class StubFinder(MetaPathFinder, Loader):
    """Last finder of all: decorative modules, modules that we provide, missing modules.

    Attributes:
        providers: makers of stand-in packages by their first name ("torchvision").
    """

    def __init__(self, uses: Uses, lenient: bool) -> None:
        self.uses = uses
        self.lenient = lenient
        self.providers: dict[str, Maker] = {}

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol of finders
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """A spec unless a library asks or the program deals with the error itself."""
        parent = sys.modules.get(name.rpartition(".")[0])
        if isinstance(parent, StubModule | MissingModule) or self._stands_in_for(name):
            return ModuleSpec(name, self, is_package=True)
        return None

    def _stands_in_for(self, name: str) -> bool:
        if not self.uses.by_user():
            return False
        frame = self.uses.recorder.user_frame()
        if compat_source.is_guarded(
            frame.f_code.co_filename, frame.f_lineno, compat_source.IMPORT_ERRORS
        ):
            return False
        if name.split(".")[0] in self.providers:
            return True
        return self.lenient and (decorative(name) or ("." not in name and name not in _NEVER))

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The stub, the provided module or the missing one."""
        name = spec.name
        provider = self.providers.get(name.split(".")[0])
        made = provider(name) if provider is not None else None
        if made is not None:
            return made
        parent = sys.modules.get(name.rpartition(".")[0])
        if decorative(name) or isinstance(parent, StubModule):
            self.uses.note(
                f"{name.split('.')[0]} is not installed; a stub that does nothing took its place"
            )
            return StubModule(name)
        error = ModuleNotFoundError(f"No module named {name!r}", name=name)
        if "." not in name:
            self.uses.note(f"{name} is not installed; the program goes on until it uses it")
        return MissingModule(name, error)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


_NEVER = frozenset(("keras", "tensorflow", "torch", "tf_keras", "numpy", "sklearn", "pandas"))


def decorative(name: str) -> bool:
    """Whether a missing module only decorates."""
    parts = name.split(".")
    return any(".".join(parts[: i + 1]) in DECORATIVE for i in range(len(parts)))


_FINDERS: list[StubFinder] = []


def install() -> None:
    """Drawing and windows that are installed do nothing."""
    when_imported("matplotlib", lambda module: module.use("Agg", force=True))
    when_imported("matplotlib.pyplot", _no_windows)
    when_imported("cv2", _no_windows)


def _no_windows(module: Any) -> None:
    for name in ("show", "pause", "imshow", "waitKey", "destroyAllWindows", "namedWindow"):
        if hasattr(module, name) and not (name == "imshow" and module.__name__ != "cv2"):
            setattr(module, name, lambda *_arguments, **_keywords: None)


def install_missing(uses: Uses) -> StubFinder:
    """Puts the last finder in place; returns it for providers to register with."""
    finder = StubFinder(uses, lenient=bool(uses.recorder.request.get("compat", True)))
    sys.meta_path.append(finder)
    _FINDERS.append(finder)
    return finder


def provide(package: str, maker: Maker) -> None:
    """Registers a stand-in for a package that cannot be imported."""
    for finder in _FINDERS:
        finder.providers[package] = maker
