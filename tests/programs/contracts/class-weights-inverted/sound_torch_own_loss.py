"""A loss of the program's own that weighs rare and frequent classes by alpha, like the counts."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
labels = (torch.arange(600) % 4 == 0).long()
inputs = torch.randn(600, 6) + labels[:, None]
loader = DataLoader(TensorDataset(inputs, labels), batch_size=32, shuffle=True)


class HardExampleLoss(nn.Module):
    def __init__(self, alpha, gamma):
        super().__init__()
        self.register_buffer("alpha", alpha)
        self.gamma = gamma

    def forward(self, scores, targets):
        error = F.cross_entropy(scores, targets, weight=self.alpha)
        return (1 - torch.exp(-error)) ** self.gamma * error


model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
criterion = HardExampleLoss(torch.tensor([0.75, 0.25]), 2.0)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for _ in range(4):
    for batch, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(batch), targets)
        loss.backward()
        optimizer.step()
