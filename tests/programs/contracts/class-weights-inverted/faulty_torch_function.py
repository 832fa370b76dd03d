"""Written weights of the functional cross-entropy that follow the counts."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
labels = (torch.arange(600) % 10 == 0).long()
inputs = torch.randn(600, 6) + labels[:, None]
loader = DataLoader(TensorDataset(inputs, labels), batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for _ in range(4):
    for batch, targets in loader:
        optimizer.zero_grad()
        scores = model(batch)
        loss = F.cross_entropy(scores, targets, weight=torch.tensor([0.9, 0.1]))  # fault
        loss.backward()
        optimizer.step()
