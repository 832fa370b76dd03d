"""Every error that the analyzer raises on purpose.

FaultlineError
├── UsageError            the caller asked for something that cannot be (exit status 2)
│   └── ConfigurationError    a configuration file is wrong: what, where, what would be right
├── SourceError           a file cannot be read as a program
├── EditError             an edit cannot be applied to the text it was made for
└── SandboxError          the sandbox cannot start or broke its protocol
"""

from __future__ import annotations


class FaultlineError(Exception):
    """Base of all errors raised on purpose; the text is one line for a person."""


class UsageError(FaultlineError):
    """The caller asked for something that cannot be."""


class ConfigurationError(UsageError):
    """A configuration is wrong.

    Attributes:
        path: the file that holds it.
        line: 1-based line in that file, or None when the whole file is meant.
    """

    def __init__(self, message: str, *, path: str, line: int | None = None) -> None:
        self.path = path
        self.line = line
        where = path if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {message}")


class SourceError(FaultlineError):
    """A file cannot be read as a program.

    Attributes:
        path: the file.
        line: 1-based line of the trouble, or None.
    """

    def __init__(self, message: str, *, path: str, line: int | None = None) -> None:
        self.path = path
        self.line = line
        where = path if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {message}")


class EditError(FaultlineError):
    """An edit cannot be applied to the text it was made for."""


class SandboxError(FaultlineError):
    """The sandbox cannot start, or what came out of it breaks the protocol."""
