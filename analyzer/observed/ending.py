"""Why a run ended early, and what the compatibility layer stood in for."""

from __future__ import annotations

from typing import Literal

from analyzer.observed.values import Name, Site, Text, Value

Cause = Literal[
    "syntax_error",
    "missing_module",
    "missing_data",
    "needs_arguments",
    "needs_input",
    "crash",
    "timeout",
    "memory",
    "processes",
    "output",
    "killed",
    "no_model",
    "no_training",
    "sandbox_unavailable",
    "protocol",
    "switched_off",
]


class NotObserved(Value):
    """Why a program was not observed, or not to the end.

    Attributes:
        cause: one word.
        message: one line for a person: "ModuleNotFoundError: No module named 'cv2'".
        site: the user's own line, when there is one.
        missing: the module or file that is missing.
        own: whether the program broke on its own values, before it made a model, so that another
            version of the framework would change nothing.
    """

    cause: Cause
    message: Text
    site: Site | None = None
    missing: Name | None = None
    own: bool = False


class ApiUse(Value):
    """A removed or renamed spelling that the compatibility layer stood in for.

    Attributes:
        old, new: spellings: "time.clock", "time.perf_counter".
        since: the release that removed it: "Python 3.8", "Keras 3".
    """

    old: Name
    new: Name
    since: Name | None = None
    site: Site | None = None
