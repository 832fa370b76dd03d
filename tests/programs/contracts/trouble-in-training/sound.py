"""The head begins at zero, so the hidden layers get no gradient at the first step alone."""

import torch
from torch import nn

torch.manual_seed(1)
x = torch.randn(320, 10)
y = (x[:, 0] + x[:, 1] > 0).long()
head = nn.Linear(32, 2)
nn.init.zeros_(head.weight)
nn.init.zeros_(head.bias)
model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), head)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _epoch in range(8):
    for start in range(0, len(x), 32):
        optimizer.zero_grad()
        loss = criterion(model(x[start : start + 32]), y[start : start + 32])
        loss.backward()
        optimizer.step()
