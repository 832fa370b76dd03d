"""`faultline train-diagnosis --small`: generator, sandbox, training and model file together."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from analyzer.commands.train_diagnosis import train_diagnosis
from analyzer.diagnosis.building import SMALL
from analyzer.diagnosis.corpus.cache import Cache
from analyzer.diagnosis.forest import read_forest
from analyzer.diagnosis.rows import LABELS, read_rows

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """What the command wrote and printed."""
    folder = tmp_path_factory.mktemp("small")
    arguments = ["--small", "--cache", str(folder / "corpus"), "--out", str(folder / "model.json")]
    return CliRunner().invoke(train_diagnosis, arguments), folder


def test_it_makes_a_model_and_prints_its_figures(built: tuple[Result, Path]) -> None:
    result, folder = built
    assert result.exit_code == 0, result.output
    assert "true kind in top 2" in result.stdout
    facts = json.loads((folder / "model.json").read_text())["facts"]
    assert facts["seed"] == 1
    assert facts["held_out"]["bases"] >= 1


def test_programs_were_generated_checked_and_observed(built: tuple[Result, Path]) -> None:
    cache = Cache(built[1] / "corpus")
    checked = list(cache.families())
    assert [family.base for family in checked] == list(range(SMALL))
    samples = cache.samples()
    assert cache.observed() == {(sample.name, 0) for sample in samples}
    assert sum(bool(sample.faults) for sample in samples) >= 5
    assert sum(not sample.faults for sample in samples) >= 3
    rows = read_rows(cache)
    assert len(rows.bases) >= 0.9 * len(samples)


def test_probabilities_are_finite(built: tuple[Result, Path]) -> None:
    model = read_forest(built[1] / "model.json")
    rows = read_rows(Cache(built[1] / "corpus"))
    for values in rows.values:
        found = model.probabilities(dict(zip(rows.features, map(float, values), strict=True)))
        assert set(found) == set(LABELS)
        assert all(isfinite(one) and 0.0 <= one <= 1.0 for one in found.values())


def test_a_small_model_is_not_put_into_the_installation() -> None:
    result = CliRunner().invoke(train_diagnosis, ["--small"])
    assert result.exit_code == 2
    assert "give --out" in result.output
