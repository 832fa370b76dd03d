"""The state that all parts of the Keras observer share, and how they hook into a class.

Hooks are put on the framework's base classes once per process and stay; they do nothing while no
session is active. A hook calls the original with the very arguments it got and returns its result.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

FRAMEWORK_ROOTS = frozenset({"keras", "tf_keras", "tensorflow", "functools", "contextlib", "absl"})
LIBRARY_PARTS = (".applications", ".saving", "keras_hub")


class Session:
    """What is known about the objects of one observed program.

    Attributes:
        recorder: where the facts go.
        sites: the user's source range of the call that made a layer, model, optimizer or loss.
        library: those among them that a library built for the user (pretrained networks).
        models: all models that were constructed.
        call_sites: where a layer was first applied.
        compiled: arguments and site of each model's last compile call.
        first_calls: shapes and parts (`keras_calls.Call`) of each layer's first application.
    """

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.sites: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
        self.library: WeakSet[Any] = WeakSet()
        self.models: WeakSet[Any] = WeakSet()
        self.call_sites: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
        self.compiled: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
        self.first_calls: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self._local = threading.local()

    @property
    def quiet(self) -> bool:
        """True while the observer itself runs framework code in this thread."""
        return bool(getattr(self._local, "quiet", False))

    @contextmanager
    def unobserved(self) -> Iterator[None]:
        """What runs in this block is the observer's own doing and is not recorded."""
        before = self.quiet
        self._local.quiet = True
        try:
            yield
        finally:
            self._local.quiet = before

    @property
    def calls(self) -> list[Any]:
        """The layer calls that are open in this thread, outermost first."""
        if not hasattr(self._local, "calls"):
            self._local.calls = []
        stack: list[Any] = self._local.calls
        return stack

    @property
    def training(self) -> list[Any]:
        """The models whose fit or train_on_batch is running in this thread."""
        if not hasattr(self._local, "training"):
            self._local.training = []
        stack: list[Any] = self._local.training
        return stack

    @property
    def applying(self) -> bool:
        """Whether an optimizer of the program is being applied in this thread."""
        return bool(getattr(self._local, "applying", False))

    @contextmanager
    def one_application(self) -> Iterator[None]:
        """Optimizers that call each other in this block count as one."""
        self._local.applying = True
        try:
            yield
        finally:
            self._local.applying = False

    def remember(self, made: Any) -> None:
        """Keep where the user's program made this object."""
        frame = self.recorder.user_frame()
        site = self.recorder.user_site()
        if site is not None:
            self.sites[made] = site
        if hasattr(type(made), "fit") and hasattr(type(made), "compile"):
            self.models.add(made)
        if _through_library(sys._getframe(1), frame):
            self.library.add(made)


def _through_library(frame: FrameType | None, user: FrameType | None) -> bool:
    """Whether code of a library that builds whole models stands between here and the user."""
    own = __name__.partition(".")[0]
    while frame is not None and frame is not user:
        name = str(frame.f_globals.get("__name__", ""))
        if any(part in name for part in LIBRARY_PARTS):
            return True
        if name.partition(".")[0] not in FRAMEWORK_ROOTS | {own}:
            return True
        frame = frame.f_back
    return False


_active: Session | None = None
_experiment: Any = None
_patched: set[tuple[int, str]] = set()


def activate(session: Session | None) -> None:
    """Make this the session that the hooks serve; None turns them off."""
    global _active
    _active = session


def hand_over(experiment: Any) -> None:
    """Let this experiment (`keras_measure`) take the place of the program's own training calls."""
    global _experiment
    _experiment = experiment


def experiment() -> Any:
    """The experiment that was handed the training, None when the program is observed."""
    return _experiment


def current() -> Session | None:
    """The session to serve, or None when nothing is observed here and now."""
    session = _active
    return None if session is None or session.quiet else session


def wrap(owner: Any, name: str, make: Callable[[Any], Callable[..., Any]]) -> None:
    """Replace a function of a class or module by `make(original)`, once per process."""
    original = vars(owner).get(name)
    if original is None or (id(owner), name) in _patched:
        return
    _patched.add((id(owner), name))
    setattr(owner, name, functools.wraps(original)(make(original)))


def watch_constructions(base: Any) -> None:
    """Remember the user's site of every object of `base` and its subclasses.

    The hook sits on `__new__`, which runs before any `__init__` of the user's own subclasses, so
    the innermost user frame is the one that constructs the object.
    """
    if (id(base), "__new__") in _patched:
        return
    _patched.add((id(base), "__new__"))
    original = base.__new__

    def __new__(cls: type, *args: Any, **kwargs: Any) -> Any:
        plain = original is object.__new__
        made = original(cls) if plain else original(cls, *args, **kwargs)
        session = current()
        if session is not None:
            session.recorder.guarded(session.remember, made)
        return made

    base.__new__ = staticmethod(__new__)


def member(module: ModuleType, path: str) -> Any:
    """An attribute by dotted path, importing submodules; None when this version has none."""
    import importlib

    holder, _, name = path.rpartition(".")
    try:
        found = importlib.import_module(f"{module.__name__}.{holder}") if holder else module
    except ImportError:
        return None
    return getattr(found, name, None)
