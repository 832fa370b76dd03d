"""All the runs of one program: a sandbox that imports the frameworks once and forks for each.

A run in a session shows what it would show in a sandbox of its own: the same environment, fresh
folders, the same limits, the same first losses to the last bit. What user code does to the
sandbox (ending it, filling it) spoils its own run only; the next run gets a new one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from analyzer.limits import Limits
from analyzer.observed import Observation
from analyzer.options import Mount, SandboxPolicy
from analyzer.sandbox import bubblewrap
from analyzer.sandbox.following import Outcome
from analyzer.sandbox.launch import message, observation_of, sandbox_for
from analyzer.sandbox.protocol import Request
from analyzer.sandbox.unconfined import run_unconfined
from analyzer.sandbox.warm import NotLoadedError, Sandbox, Warm
from analyzer.sandbox.workspace import Workspace

MOST_KEPT = 2  # warm sandboxes: one for each Keras


class Session:
    """Runs of programs below one folder.

    One run at a time: `observe` may be called from several threads, which then wait for each
    other. Runs side by side need a session each, since every run has /program to itself and a
    forked process cannot mount folders of its own.
    """

    def __init__(
        self,
        root: Path,
        *,
        policy: SandboxPolicy,
        mounts: Sequence[Mount] = (),
        limits: Limits | None = None,
        preload: Sequence[str] = (),
    ) -> None:
        """Nothing is started yet.

        Args:
            root: folder with the program; it is not changed.
            policy: how it is confined, and with which Python.
            mounts: read-only data of the host.
            limits: of runs that bring none of their own.
            preload: modules to import ahead, in the program's order (`preload.names_of`).
        """
        self.root = root.resolve()
        self.policy = policy
        self.mounts = tuple(mounts)
        self.limits = limits or Limits()
        self.preload = tuple(preload)
        self._lock = threading.Lock()
        self._kept: dict[Sandbox, Warm] = {}

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def observe(self, request: Request, *, limits: Limits | None = None) -> Observation:
        """Run the requested program and report what was seen, whatever it does.

        Args:
            request: what to run and to observe.
            limits: bounds on time, memory, processes, files and output of this run.

        Raises:
            SandboxError: the sandbox itself is missing or cannot start.
        """
        limits = limits or self.limits
        request = _for_this_machine(request)
        if self.policy.kind == "none":
            outcome = run_unconfined(self.root, request, limits, self.policy, self.mounts)
            return observation_of(outcome, limits)
        with self._lock:
            try:
                outcome = self._run(request, limits)
            except NotLoadedError:
                self.preload = ()
                outcome = self._run(request, limits)
        return observation_of(outcome, limits)

    def prepare(self, request: Request | None = None, *, limits: Limits | None = None) -> None:
        """Begin to import ahead for runs like this one, without waiting for it.

        Raises:
            SandboxError: the sandbox itself is missing or cannot start.
        """
        if self.policy.kind == "none" or not self.preload:
            return
        with self._lock:
            asked = _for_this_machine(request or Request())
            self._warm(self._sandbox(asked, limits or self.limits)[0])

    @property
    def running(self) -> bool:
        """Whether a sandbox waits for runs."""
        return bool(self._kept)

    def close(self) -> None:
        """End all sandboxes; a later run starts a new one."""
        with self._lock:
            while self._kept:
                self._kept.popitem()[1].close()

    def _run(self, request: Request, limits: Limits) -> Outcome:
        sandbox, files = self._sandbox(request, limits)
        warm = self._warm(sandbox)
        return warm.run(message(request, limits, bubblewrap.PROGRAM, files), limits)

    def _sandbox(self, request: Request, limits: Limits) -> tuple[Sandbox, Workspace]:
        return sandbox_for(self.root, request, limits, self.policy, self.mounts, self.preload)

    def _warm(self, sandbox: Sandbox) -> Warm:
        """The sandbox that waits for such runs; a new one when there is none, or it is spoilt."""
        warm = self._kept.pop(sandbox, None)
        if warm is not None and not warm.usable:
            warm.close()
            warm = None
        while warm is None and len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept))).close()
        self._kept[sandbox] = warm or Warm(sandbox)
        return self._kept[sandbox]


def _for_this_machine(request: Request) -> Request:
    """Without a graphics device every request means the CPU."""
    return request if bubblewrap.has_gpu() else request.model_copy(update={"device": "cpu"})
