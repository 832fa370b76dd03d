"""A hand-written squared error of a column and a row."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(256, 6)
y = x @ torch.randn(6) + 3.0
model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

for _ in range(30):
    out = model(x)
    loss = ((out - y) ** 2).mean()  # fault
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
