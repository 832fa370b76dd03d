"""Observing changes nothing: the losses with and without it are the same bits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.torch_programs import torch_programs

STEPS = 20

PROGRAM = """
    import torch, torch.nn as nn, torch.nn.functional as F
    from torch.utils.data import DataLoader, Dataset
    torch.manual_seed(3)

    class Noisy(Dataset):
        def __init__(self):
            self.x, self.y = torch.randn(96, 3, 12, 12), torch.randint(0, 4, (96,))

        def __len__(self):
            return len(self.x)

        def __getitem__(self, i):
            return self.x[i] + 0.1 * torch.randn(3, 12, 12), self.y[i]

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)
            layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
            self.mix = nn.TransformerEncoder(layer, 1)
            self.drop, self.head = nn.Dropout(0.3), nn.Linear(8 * 25, 4)

        def forward(self, x):
            x = F.max_pool2d(F.relu(self.norm(self.conv(x))), 2)
            mixed = self.mix(x.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(x.shape)
            return self.head(self.drop((x + mixed).flatten(1)))

    net, teacher = Net(), Net().eval()
    optimizer = OPTIMIZER

    def epoch(loader):
        for x, y in loader:
            optimizer.zero_grad()
            with torch.no_grad():
                soft = teacher(x)  # takes the fused path, whose last bits differ
            out = net(x)
            loss = F.cross_entropy(out, y) + 0.1 * F.mse_loss(F.dropout(out, 0.2), soft)
            loss.backward()
            print(loss.item().hex(), flush=True)
            optimizer.step()

    for _ in range(4):
        epoch(DataLoader(Noisy(), batch_size=16, shuffle=True, num_workers=WORKERS))
        net.eval()
        with torch.no_grad():
            net(torch.randn(4, 3, 12, 12))
        net.train()
"""


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    "optimizer",
    [
        "torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)",
        "torch.optim.Adam(net.parameters(), lr=1e-3)",
    ],
)
def test_losses_are_bit_identical(tmp_path: Path, optimizer: str, workers: int) -> None:
    text = PROGRAM.replace("OPTIMIZER", optimizer).replace("WORKERS", str(workers))
    programs = torch_programs()
    programs.run(tmp_path / "plain", text, observe=False)
    plain = programs.output.split()[:STEPS]
    observation = programs.observe(tmp_path / "observed", text, steps=STEPS)
    assert programs.output.split() == plain
    assert observation.trace is not None
    assert [loss.hex() for loss in observation.trace.loss] == plain
    assert observation.trace.notes == ()
