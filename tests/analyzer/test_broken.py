"""A file that does not parse: what does is run, and the report names the line that does not."""

from __future__ import annotations

from analyzer import Options, analyze
from analyzer.broken import as_it_stands
from analyzer.observed import NotObserved, Observation
from analyzer.source.index import read_program

PROGRAM = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01))
x, y = torch.randn(64, 4), torch.randn(64, 1)
for step in range(80):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
"""


def test_the_rest_is_run_and_the_error_is_named(tmp_path):
    (tmp_path / "train.py").write_text(PROGRAM)
    (program,) = analyze(tmp_path, ["train.py"], Options(verify="none")).programs
    assert program.status == "observed"
    assert program.reason is not None
    assert "unmatched ')'" in program.reason
    assert "the rest of the file was run" in program.reason
    assert "line 5" in program.reason
    assert [layer.type for layer in program.layers] == ["Linear", "ReLU", "Linear"]
    assert program.trace is not None
    assert program.trace.steps == 60


def test_a_trouble_of_the_rest_is_told_too(tmp_path):
    (tmp_path / "train.py").write_text("import torch\nx = (1\nmodel.fit(x)\n")
    source = read_program(tmp_path, "train.py")
    crashed = Observation(trouble=NotObserved(cause="crash", message="NameError: model"))
    trouble = as_it_stands(crashed, source).trouble
    assert trouble is not None
    assert trouble.cause == "syntax_error"
    assert trouble.message.endswith("which ended: NameError: model")


def test_a_file_that_parses_is_left_alone(tmp_path):
    (tmp_path / "train.py").write_text("import torch\n")
    seen = Observation()
    assert as_it_stands(seen, read_program(tmp_path, "train.py")) is seen
