"""Weights counts.max() / counts."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
labels = torch.multinomial(torch.tensor([0.7, 0.2, 0.1]), 600, replacement=True)
inputs = torch.randn(600, 6) + labels[:, None]
loader = DataLoader(TensorDataset(inputs, labels), batch_size=32, shuffle=True)

counts = torch.bincount(labels).float()
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss(weight=counts.max() / counts)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for _ in range(4):
    for batch, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(batch), targets)
        loss.backward()
        optimizer.step()
