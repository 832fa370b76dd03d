"""Listens to calls of modules and functions without changing what they compute.

`nn.Module.__call__` is wrapped. While somebody listens, a `TorchFunctionMode` reports functional
calls too; it is taken off inside single layers and whenever gradients are off, because PyTorch
chooses its fused inference kernels only where no mode is active, and their last bits differ.
Nobody listens to most steps: inner modules are then called at once, and the mode is off.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

from . import processes
from . import torch_layers as layers
from . import torch_names as names
from .recorder import Recorder
from .torch_constructed import Constructed
from .torch_ear import Ear, Silence, listener
from .torch_losses import marked
from .torch_recording import Facts


class Calls:
    """The stack of running module calls, and who listens.

    Attributes:
        ear: who listens to what happens now; None when nobody does.
        on_root: called before a module that the program's own loop calls; whether to listen to it.
        after_root: called with the module when that call returned.
        is_loss: whether modules of its class may be losses.
        loss_of: the context of a loss call; None for a module that is no loss.
        on_output: told about the output of every module that the loop calls.
        on_value: told about each function's result, for losses written by hand.
        thin: whether losses of the running step are only marked as such.
        gradients_on: whether gradients are recorded now, as PyTorch has it.
        active: identities of the single layers that ran with gradients on, as far as heard.
    """

    def __init__(self, recorder: Recorder, constructed: Constructed) -> None:
        self.ear: Ear | None = None
        self.on_root: Callable[[Any, Any], bool] = lambda _module, _arguments: False
        self.after_root: Callable[[Any], None] = lambda _module: None
        self.loss_of: Callable[[Any, Any], Any] = lambda _module, _arguments: None
        self.is_loss: Callable[[Any], bool] = lambda _module: False
        self.on_value: Callable[[Any, Any, Any], None] = lambda _name, _call, _output: None
        self.on_output: Callable[[Any, Any], None] = lambda _module, _output: None
        self.gradients_on: Callable[[], bool] = lambda: True
        self._recorder = recorder
        self._constructed = constructed
        self.active: set[int] = set()
        self._stack: list[Any] = []
        self._silence = Silence(self._take_off, self._put_on)
        self._mode: Any = None
        self._plain: set[type] = set()
        self._losses: set[type] = set()
        self.thin = False
        self._with_parameters: dict[int, weakref.ref[Any]] = {}
        self._pid = processes.current()
        self._thread = threading.get_ident()

    def install(self, torch: Any) -> None:
        """Wrap `nn.Module.__call__` and make the mode."""
        self._original = original = torch.nn.Module.__call__
        self._stack_size = torch.overrides._len_torch_function_stack
        self._top = torch.overrides._get_current_function_mode
        self.gradients_on = torch.is_grad_enabled
        self._mode = listener(torch, self._function_called)
        call, stack, plain, silence = self._call, self._stack, self._plain, self._silence
        losses = self._losses

        def __call__(module: Any, *arguments: Any, **keywords: Any) -> Any:
            if silence.depth or threading.get_ident() != self._thread:
                return original(module, *arguments, **keywords)
            if self.ear is None:
                if stack:
                    if type(module) in plain:
                        return original(module, *arguments, **keywords)
                elif self.thin and type(module) in losses:
                    return marked(original(module, *arguments, **keywords))
            return call(module, arguments, keywords)

        torch.nn.Module.__call__ = __call__

    # The mode

    def listen(self, ear: Ear | None) -> None:
        """Let somebody listen, or nobody."""
        self.ear = ear
        if ear is None and self._silence.worn:
            self._take_off()

    def rest(self) -> None:
        """The forward pass is over: only the next root module is listened to again."""
        if self.ear is not None and not self.ear.keeps_listening:
            self._take_off()

    def _put_on(self) -> bool:
        if self._mode is None or self.ear is None or not self.ear.functions:
            return False
        if any(mode is self._mode for mode in self._modes()):
            return False
        self._mode.__enter__()
        self._silence.worn = True
        return True

    def _take_off(self) -> bool:
        """Only from the top: below a mode of the program it must stay until that one ends."""
        if self._silence.worn and self._stack_size() and self._top() is self._mode:
            self._mode.__exit__(None, None, None)
            self._silence.worn = False
            return True
        return False

    def _modes(self) -> list[Any]:
        from torch.overrides import _get_current_function_mode_stack

        return list(_get_current_function_mode_stack())

    def silence(self) -> Silence:
        """Nobody hears what happens inside: single layers, losses, our own computations."""
        return self._silence

    def quietly(self, action: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Tell a part of the observer something; a function that it calls is not heard."""
        if self._silence.worn:
            with self._silence:
                return self._recorder.guarded(action, *arguments, **keywords)
        try:  # as guarded does, without one more call in every step
            return action(*arguments, **keywords)
        except Exception as error:  # noqa: BLE001 - our fault must not look like the program's
            return self._recorder.guarded(_raise, action, error)

    # Calls of modules

    def _call(self, module: Any, arguments: tuple[Any, ...], keywords: Facts) -> Any:
        if processes.current() != self._pid:
            return self._original(module, *arguments, **keywords)
        guarded = self._recorder.guarded
        if not (type(module) in self._plain or self._is_plain(module)):
            loss = guarded(self.loss_of, module, (arguments, keywords))
            if loss is not None:
                with loss:
                    return loss.finish(self._original(module, *arguments, **keywords))
        if self._stack:
            return self._inner(module, arguments, keywords)
        if not self._has_parameters(module):
            if self.ear is None or not self.gradients_on():
                return self._original(module, *arguments, **keywords)
            return self._inner(module, arguments, keywords)
        return self._root(module, arguments, keywords)

    def _is_plain(self, module: Any) -> bool:
        """Whether modules of this class are no losses."""
        if self.is_loss(module):
            self._losses.add(type(module))
            return False
        self._plain.add(type(module))
        return True

    def _has_parameters(self, module: Any) -> bool:
        known = self._with_parameters.get(id(module))
        if known is not None and known() is module:
            return True
        if not any(True for _ in module.parameters()):
            return False
        self._with_parameters[id(module)] = weakref.ref(module)
        return True

    def _root(self, module: Any, arguments: tuple[Any, ...], keywords: Facts) -> Any:
        guarded = self._recorder.guarded
        heard = self.quietly(self.on_root, module, (arguments, keywords))
        ear = self.ear
        if ear is None or not heard:
            output = self._unheard(module, arguments, keywords)
            self.quietly(self.on_output, module, output)
            return output
        guarded(ear.enter, module, (arguments, keywords))
        self._put_on()
        try:
            output = self._inner(module, arguments, keywords)
        except BaseException:
            ear.abandon()
            self._take_off()
            raise
        guarded(ear.leave, output)
        if len(self._modes()) > 1:
            self._take_off()  # the program's own mode may end before ours would
        with self.silence():
            guarded(self.after_root, module)
        self.quietly(self.on_output, module, output)
        return output

    @property
    def busy(self) -> bool:
        """Whether a module or the observer itself is at work."""
        return bool(self._stack or self._silence.depth)

    def _unheard(self, module: Any, arguments: tuple[Any, ...], keywords: Facts) -> Any:
        """Nobody listens for the time of one call; losses are still seen."""
        ear, self.ear = self.ear, None
        removed = self._silence.worn and self._take_off()
        self._stack.append(module)
        try:
            return self._original(module, *arguments, **keywords)
        finally:
            self._stack.pop()
            self.ear = ear
            if removed:
                self._put_on()

    def _inner(self, module: Any, arguments: tuple[Any, ...], keywords: Facts) -> Any:
        ear = self.ear
        if ear is None:
            return self._original(module, *arguments, **keywords)
        if not layers.is_single_layer(module):
            return self._through(module, arguments, keywords)
        site = self._recorder.user_site() if ear.keeps_listening else None
        if self.gradients_on():
            self.active.add(id(module))
        with self.silence():
            output = self._original(module, *arguments, **keywords)
            if type(module).__name__ in names.TRANSPARENT_MODULES:
                self._recorder.guarded(ear.pass_on, (arguments, keywords), output)
            else:
                place = self._module_place(module, site)
                call = (arguments, keywords)
                self._recorder.guarded(ear.add_module, module, call, output, place)
        return output

    def _through(self, module: Any, arguments: tuple[Any, ...], keywords: Facts) -> Any:
        self._stack.append(module)
        try:
            return self._original(module, *arguments, **keywords)
        finally:
            self._stack.pop()

    def _module_place(self, module: Any, site: Facts | None) -> Callable[[], Facts]:
        def place() -> Facts:
            made = self._constructed.site(module)
            return {"site": made or site, "call_site": site}

        return place

    # Calls of functions

    def _function_called(self, function: Any, arguments: Any, keywords: Facts, output: Any) -> None:
        if self.ear is None or self._silence.depth:
            return
        with self.silence():
            self._recorder.guarded(self._heard, function, (arguments, keywords), output)

    def _heard(self, function: Any, call: tuple[Any, Facts], output: Any) -> None:
        name = names.function_name(function)
        assert self.ear is not None
        if name in names.FUNCTION_OPS:
            frame = self._recorder.user_frame()
            place = (id(frame.f_code), frame.f_lasti) if frame is not None else (0, 0)
            where = (*place, id(self._stack[-1]) if self._stack else 0)
            self.ear.add_function(name, call, output, where, self._function_place)
        elif not name.endswith("_like") and not name.startswith("new_"):
            self.ear.pass_on(call, output)
        if not self._stack:
            self.on_value(name, call, output)

    def _function_place(self) -> Facts:
        """The user's line; inside a library's module the line that made that module."""
        inside = self._stack[-1] if self._stack else None
        code = getattr(getattr(type(inside), "forward", None), "__code__", None)
        sources = self._recorder.sources
        if code is not None and sources.relative(code.co_filename) is None:
            made = self._constructed.site(inside)
            if made is not None:
                return {"site": made}
        return {"site": self._recorder.user_site()}


def _raise(_action: Callable[..., Any], error: Exception) -> None:
    raise error
