"""Finds, observes, judges and mends deep-learning training programs in a folder.

`analyze` is the one public function; the other names are its values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.configuration import (
    CONFIGURATION_PATH,
    Configuration,
    ProgramSection,
    read_configuration,
)
from analyzer.errors import ConfigurationError, FaultlineError, SandboxError, UsageError
from analyzer.findings import Edit, Finding, Fix, ProgramReport, Report
from analyzer.options import Mount, Options, ProgramSpec, SandboxPolicy

if TYPE_CHECKING:
    from analyzer.pipeline import analyze

__all__ = [
    "CONFIGURATION_PATH",
    "Configuration",
    "ConfigurationError",
    "Edit",
    "FaultlineError",
    "Finding",
    "Fix",
    "Mount",
    "Options",
    "ProgramReport",
    "ProgramSection",
    "ProgramSpec",
    "Report",
    "SandboxError",
    "SandboxPolicy",
    "UsageError",
    "analyze",
    "read_configuration",
]


def __getattr__(name: str) -> object:
    """`analyze` on first use: the stages import libcst and all rules, which values do not need."""
    if name == "analyze":
        from analyzer.pipeline import analyze

        return analyze
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
