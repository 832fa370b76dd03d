"""What the compatibility layer stood in for: one entry per spelling and line.

Everything that translates an old spelling reports it here; a spelling that is met outside the
user's own files (inside a framework) is translated in silence.
"""

from __future__ import annotations

import linecache
import os
import sys
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_MOST = 200  # the bound of `Observation.api_uses`


class Uses:
    """Collects the removed and renamed spellings that the user's program relies on.

    Args:
        recorder: the child's recorder; its `facts["api_uses"]` is filled.
    """

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self._seen: set[tuple[str, str, int]] = set()

    def record(self, old: str, new: str, since: str | None = None) -> None:
        """Adds one use at the line of the user's program that is running now.

        Args:
            old: the spelling in the program, "time.clock".
            new: today's spelling, "time.perf_counter"; for a dropped argument "(removed)".
            since: the release that removed it, "Python 3.8".
        """
        site = self.recorder.user_site()
        if site is None:
            return
        if old.startswith("tf_keras") and "tf_keras" not in self.line():
            old, new = old.removeprefix("tf_"), new.removeprefix("tf_")
        self.record_at(site, old, new, since)

    def line(self) -> str:
        """The text of the user's current line: it may say "keras" and mean tf_keras."""
        frame = self.recorder.user_frame()
        return "" if frame is None else linecache.getline(frame.f_code.co_filename, frame.f_lineno)

    def record_at(self, site: dict[str, Any], old: str, new: str, since: str | None) -> None:
        """The same for a line that the caller knows."""
        uses = self.recorder.facts.setdefault("api_uses", [])
        key = (old, site["path"], site["line"])
        if key in self._seen or len(uses) >= _MOST:
            return
        self._seen.add(key)
        uses.append({"old": old[:300], "new": new[:300], "since": since, "site": site})

    def by_user(self) -> bool:
        """True when the user's own code asked, not a library on its behalf.

        Libraries probe for old names too ("does numpy still have float?") and must get the answer
        that they would get without us.
        """
        frame = sys._getframe(1)
        while frame is not None and _between(frame.f_code.co_filename):
            frame = frame.f_back  # type: ignore[assignment]
        return frame is not None and frame is self.recorder.user_frame()

    def note(self, text: str) -> None:
        """One line about the observation itself, once."""
        if ("note", text, 0) not in self._seen:
            self._seen.add(("note", text, 0))
            self.recorder.note(text)


def _between(filename: str) -> bool:
    """Frames of the import system and of this package stand between the user and the question."""
    return filename.startswith(("<frozen importlib", _HERE)) or filename.endswith(
        os.path.join("importlib", "__init__.py")
    )
