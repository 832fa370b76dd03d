"""What the sandbox is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.options import Options, ProgramSpec
from analyzer.requesting import build_request
from analyzer.source.index import read_program

TEXT = "from torch import nn\nmodel = nn.Linear(1, 1)\n"


@pytest.mark.parametrize(
    ("budget", "own", "experiments", "seconds"),
    [
        (60.0, None, True, 5.0),
        (90.0, None, True, 7.5),
        (600.0, None, True, 10.0),
        (60.0, 108.0, True, 9.0),
        (600.0, None, False, 5.0),
    ],
)
def test_the_warm_up_takes_its_share_of_the_budget(
    tmp_path: Path, budget: float, own: float | None, experiments: bool, seconds: float
) -> None:
    (tmp_path / "train.py").write_text(TEXT)
    source = read_program(tmp_path, "train.py")
    spec = ProgramSpec("train.py", budget=own)
    options = Options(budget=budget, experiments=experiments)
    request = build_request(tmp_path, source, spec, options, {})
    assert request.warmup_seconds == pytest.approx(seconds)
