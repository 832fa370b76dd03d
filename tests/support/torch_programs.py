"""Observes PyTorch programs in a warm process and gives their validated Observation."""

from __future__ import annotations

import atexit
import functools
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from analyzer.observed import Observation, Site

REQUEST: dict[str, Any] = {"steps": 12, "warmup_seconds": 60.0, "samples": 512}


class TorchPrograms:
    """A process that has PyTorch loaded and forks for each program."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("torch_server.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self.output = ""

    def run(self, folder: Path, text: str, *, observe: bool, **request: Any) -> list[Any]:
        """Run a program; the lines that came through the recorder's pipe, parsed."""
        root = folder / "program"
        root.mkdir(parents=True, exist_ok=True)
        path, result = root / "train.py", folder / "result"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        order = {"path": str(path), "root": str(root), "result": str(result), "observe": observe}
        order |= {"output": str(folder / "output"), "request": {**REQUEST, **request}}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"
        self.output = (folder / "output").read_text()
        lines = result.read_text().splitlines()
        return [(line[:1], line[2:]) for line in lines]

    def observe(self, folder: Path, text: str, **request: Any) -> Observation:
        """Observe a program; its last word, validated as the parent of the sandbox does."""
        lines = self.run(folder, text, observe=True, **request)
        mark, last = lines[-1]
        assert mark == "F", self.output
        return Observation.model_validate_json(last)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        if self._process.stdout is not None:
            self._process.stdout.close()


def text_at(folder: Path, site: Site | None) -> str:
    """The source text that a site covers; sites of several lines keep their line breaks."""
    assert site is not None
    lines = (folder / "program" / site.path).read_text().split("\n")
    if site.line == site.end_line:
        return lines[site.line - 1][site.column : site.end_column]
    first, *middle = lines[site.line - 1 : site.end_line - 1]
    return "\n".join([first[site.column :], *middle, lines[site.end_line - 1][: site.end_column]])


@functools.cache
def torch_programs() -> TorchPrograms:
    """The one process that all tests share; it ends with the test run."""
    programs = TorchPrograms()
    atexit.register(programs.close)
    return programs
