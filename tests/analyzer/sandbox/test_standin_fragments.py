"""Files that never train by themselves, run in the real sandbox."""

from __future__ import annotations

from pathlib import Path

from analyzer.limits import Limits
from analyzer.options import SandboxPolicy
from analyzer.sandbox.protocol import Request
from analyzer.sandbox.runner import observe

_FRAGMENT = """
import torch
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, stride=2)
        self.fc = nn.Linear(4 * 9 * 9, 3)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x)).flatten(1))

optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
loss_function = nn.CrossEntropyLoss()

def train(net, fold_x, fold_y):
    for i in tqdm(range(0, len(fold_x), 8)):
        outputs = net(fold_x[i:i + 8].view(-1, 1, 20, 20).to(device))
        loss = loss_function(outputs, fold_y[i:i + 8].long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""


def test_training_function_that_nothing_calls(tmp_path: Path) -> None:
    (tmp_path / "fragment.py").write_text(_FRAGMENT)
    seen = observe(
        tmp_path,
        Request(script="fragment.py", steps=3),
        limits=Limits(wall_seconds=90),
        policy=SandboxPolicy(),
    )
    assert seen.trace is not None, seen.trouble
    assert seen.trace.steps == 3
    assert seen.graph is not None
    assert any("nothing calls train" in note for note in seen.trace.notes)
    assert seen.data is not None
    assert seen.data.source == "stand_in"
    assert seen.learner is not None
    assert seen.learner.optimizers[0].foreign_parameters == 0  # the model is one and the same
