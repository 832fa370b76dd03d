"""Negatives over positives as pos_weight."""

import torch
from torch import nn

torch.manual_seed(0)
labels = (torch.arange(500) % 8 == 0).float()[:, None]
inputs = torch.randn(500, 6) + labels

model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1))
positives = labels.sum()
criterion = nn.BCEWithLogitsLoss(pos_weight=(len(labels) - positives) / positives)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for _ in range(20):
    optimizer.zero_grad()
    loss = criterion(model(inputs), labels)
    loss.backward()
    optimizer.step()
