"""What listens to the calls of a PyTorch program, and how functional calls reach it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .torch_recording import Facts, Key


class Ear(Protocol):
    """What listens: a Recording or a Sampler."""

    def enter(self, module: Any, arguments: Any) -> None: ...
    def leave(self, output: Any) -> None: ...
    def abandon(self) -> None: ...
    def add_module(self, module: Any, arguments: Any, output: Any, place: Any) -> None: ...
    def add_function(
        self, name: str, call: tuple[Any, Facts], output: Any, where: Key, place: Any
    ) -> None: ...
    def pass_on(self, arguments: Any, output: Any) -> None: ...

    @property
    def functions(self) -> bool:
        """Whether calls of functions matter to it."""

    @property
    def keeps_listening(self) -> bool:
        """Whether it wants places, and what happens behind a forward pass."""


class Silence:
    """Nobody hears what happens inside this block; one object serves all, also nested ones.

    Attributes:
        depth: how many blocks are open; worn: whether the mode is on.
    """

    __slots__ = ("_put_on", "_removed", "_take_off", "depth", "worn")

    def __init__(self, take_off: Callable[[], bool], put_on: Callable[[], bool]) -> None:
        self.depth = 0
        self.worn = False
        self._take_off, self._put_on = take_off, put_on
        self._removed: list[bool] = []

    def __enter__(self) -> None:
        self.depth += 1
        self._removed.append(self.worn and self._take_off())

    def __exit__(self, *_trouble: object) -> None:
        self.depth -= 1
        if self._removed.pop():
            self._put_on()


def listener(torch: Any, heard: Callable[..., None]) -> Any:
    """A mode that reports functional calls to `heard`."""

    class Listener(torch.overrides.TorchFunctionMode):
        """Runs each function as it is and reports it."""

        def __torch_function__(
            self, function: Any, _types: Any, arguments: Any = (), keywords: Any = None
        ) -> Any:
            keywords = keywords or {}
            output = function(*arguments, **keywords)
            heard(function, arguments, keywords, output)
            return output

    return Listener()
