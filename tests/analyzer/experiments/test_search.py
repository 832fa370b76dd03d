"""A program that no rule explains and that stays at chance: the edit that helps is found."""

from __future__ import annotations

import pytest

from analyzer import Options, analyze

PROGRAM = """\
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

digits = load_digits()
x = torch.tensor(digits.data / 16.0, dtype=torch.float32)
y = torch.tensor(digits.target)
loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), lr={rate})
criterion = nn.CrossEntropyLoss()
for epoch in range(20):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
"""


def reviewed(tmp_path, rate):
    (tmp_path / "train.py").write_text(PROGRAM.format(rate=rate))
    (program,) = analyze(tmp_path, ["train.py"], Options(budget=240)).programs
    return program


@pytest.mark.timeout(600)
def test_the_edit_that_lets_it_learn_is_found_and_proven(tmp_path):
    program = reviewed(tmp_path, 0.0002)
    (found,) = [f for f in program.findings if f.severity != "advice"]
    assert (found.rule, found.proof, found.severity) == ("does-not-learn", "experiment", "warning")
    assert found.kind in ("learning_rate", "optimizer")
    assert found.line == 11
    assert found.fix is not None
    assert found.fix.verified
    assert found.fix.experiment is not None
    assert min(found.fix.experiment.after) > max(found.fix.experiment.before) + 0.2


@pytest.mark.timeout(600)
def test_a_program_that_learns_is_left_alone(tmp_path):
    program = reviewed(tmp_path, 0.05)
    assert [f for f in program.findings if f.severity != "advice"] == []
