"""The corpus on disk: checked families and observations, one JSON object a line, added to."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analyzer.diagnosis.corpus.families import Checked
from analyzer.diagnosis.corpus.recipe import Seeded
from analyzer.diagnosis.corpus.samples import Sample
from analyzer.observed import Observation

FAMILIES, OBSERVATIONS = "families.jsonl", "observations.jsonl"


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder with what was generated and seen so far; an interrupted run goes on from there."""

    folder: Path

    def add_family(self, checked: Checked) -> None:
        """Write down a checked family."""
        self._add(FAMILIES, asdict(checked))

    def families(self) -> Iterator[Checked]:
        """Those that were written down."""
        for line in self._lines(FAMILIES):
            samples = tuple(map(_sample, line["samples"]))
            tried = tuple((name, score) for name, score in line["tried"])
            yield Checked(line["base"], line["score"], samples, tried)

    def samples(self) -> list[Sample]:
        """All programs that were kept, family by family."""
        return [sample for family in self.families() for sample in family.samples]

    def add_observation(self, name: str, run_seed: int, seen: Observation) -> None:
        """Write down what one run showed."""
        packed = zlib.compress(seen.model_dump_json(exclude_defaults=True).encode(), 9)
        text = base64.b85encode(packed).decode("ascii")
        self._add(OBSERVATIONS, {"name": name, "seed": run_seed, "seen": text})

    def observed(self) -> set[tuple[str, int]]:
        """Names and run seeds of what was observed."""
        return {(line["name"], line["seed"]) for line in self._lines(OBSERVATIONS)}

    def observations(self) -> Iterator[tuple[str, int, Observation]]:
        """Name, run seed and what was seen."""
        for line in self._lines(OBSERVATIONS):
            text = zlib.decompress(base64.b85decode(line["seen"]))
            yield line["name"], line["seed"], Observation.model_validate_json(text)

    def _add(self, name: str, value: Mapping[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(value) + "\n")

    def _lines(self, name: str) -> Iterator[dict[str, Any]]:
        """Complete lines; the last one may have been cut short."""
        path = self.folder / name
        if not path.is_file():
            return
        with path.open(encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    yield json.loads(line)


def _sample(value: Mapping[str, Any]) -> Sample:
    faults = tuple(Seeded(**fault) for fault in value["faults"])
    lines = {name: tuple(numbers) for name, numbers in value["lines"].items()}
    return Sample(**{**value, "faults": faults, "lines": lines})
