"""What was invented, and from which source of chance.

Every stand-in draws from its own generator, seeded by the request's seed and the stand-in's name,
so invented values are the same in every run and the program's own random state is never touched.
"""

from __future__ import annotations

import os
import zlib
from typing import Any

from .compat_record import Uses


class StandIns:
    """Keeps account of invented data.

    Attributes:
        recorder: the child's recorder; `facts["data"]["source"]` says "stand_in" once anything
            was invented.
        made: objects that several undefined names must share, such as the model.
    """

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.made: dict[str, Any] = {}
        self._names: list[str] = []
        self._source = "stand_in"
        # Collectors that come later may write the data profile anew, so marking is the very last.
        recorder.at_finish(lambda: recorder.at_finish(self.mark))

    @property
    def script(self) -> str:
        """The running script's absolute path, "" when a function is run instead."""
        script = self.recorder.request.get("script")
        return os.path.join(self.recorder.sources.root, script) if script else ""

    @property
    def root(self) -> str:
        """Folder of the running script."""
        return os.path.dirname(self.script) or str(self.recorder.sources.root)

    def request(self) -> dict[str, Any]:
        """The request with the script's path absolute and the configured form among its hints."""
        request: dict[str, Any] = {**self.recorder.request, "script": self.script}
        form = (request.get("dataset") or {}).get("stand_in")
        if isinstance(form, dict):
            hints = dict(request.get("hints") or {})
            hints["input_shape"] = form.get("shape") or hints.get("input_shape")
            hints["output_units"] = form.get("classes") or hints.get("output_units")
            request["hints"] = hints
        return request

    def replacement(self, form: str) -> str | None:
        """The configured file or folder that takes a missing one's place, None without one.

        Args:
            form: "csv", "npz" or "image_folder".
        """
        given = (self.recorder.request.get("dataset") or {}).get(form)
        if not isinstance(given, str):
            return None
        path = os.path.join(str(self.recorder.sources.root), given)
        if not os.path.exists(path):
            raise FileNotFoundError(
                f"dataset.{form}: expected a path below the repository's root, received "
                f"{given!r}, and nothing is there"
            )
        self.configured(f"{form}: {given}")
        return path

    def asked_by_user(self) -> bool:
        """True when the user's own code made the call that is running."""
        return Uses(self.recorder).by_user()

    def forget(self) -> None:
        """Begins a new account, for another program in the same process."""
        self._names.clear()
        self.made.clear()
        self._source = "stand_in"

    def rng(self, name: str) -> Any:
        """A NumPy generator of its own for everything that belongs to `name`."""
        import numpy

        seed = int(self.recorder.request.get("seed") or 0)
        return numpy.random.default_rng([seed, zlib.crc32(name.encode())])

    def invented(self, name: str, text: str = "") -> None:
        """Says once that `name` is missing and that invented values took its place."""
        if name in self._names:
            return
        self._names.append(name)
        self.recorder.note(text or f"{name} is missing; invented data of its form took its place")
        self.mark()

    def configured(self, name: str) -> None:
        """Says that the data comes from the repository's configuration."""
        self._source = "configured"
        if name not in self._names:
            self._names.append(name)
        self.mark()

    def mark(self) -> None:
        """Writes source and reason into the data profile, making one when there is none yet."""
        if not self._names:
            return
        data = self.recorder.facts.get("data")
        if data is None:
            data = self.recorder.facts["data"] = {}
        data["source"] = self._source
        if self._source == "stand_in":
            data["stand_in_for"] = ", ".join(self._names)[:2000]

    def beside(self, path: Any) -> str | None:
        """The file that a path means, when it is there: as given, or next to the program.

        Programs are run from another folder than their author's, so "../data/train.csv" is also
        looked for in the program's folder and its parents by its trailing parts.
        """
        if not isinstance(path, str | os.PathLike):
            return None
        text = os.fspath(path)
        if not isinstance(text, str) or "://" in text:
            return None
        if os.path.exists(text):
            return text
        for place in self._places(text):
            if os.path.exists(place):
                self.recorder.note(f"{text} was found as {os.path.relpath(place, self.root)}")
                return place
        return None

    def table(self, path: Any) -> str | None:
        """The table that a path means, as `beside`, or the configured one.

        With the hint `invent_files` a file that is there counts as missing: the caller saw the
        program fail on it (a column that it lacks) and asks what the rest would do.
        """
        if (self.recorder.request.get("hints") or {}).get("invent_files"):
            return None
        return self.beside(path) or self.replacement("csv")

    def _places(self, text: str) -> list[str]:
        parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        tails = ["/".join(parts[i:]) for i in range(len(parts))]
        return [os.path.join(self.root, tail) for tail in tails if tail]
