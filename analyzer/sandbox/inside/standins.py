"""Stand-ins for data that is missing, inside the sandbox, for observing only.

`install` puts hooks in place and imports no framework; each hook fires when the program imports
the module that would load the data. A file that is there is used, whatever its hash.
"""

from __future__ import annotations

from typing import Any


def install(recorder: Any) -> None:
    """Puts the stand-ins in place; call it after `compat.install`, before the user's program."""


def start_program(recorder: Any) -> None:
    """Forgets what belonged to an earlier program of the same process."""
