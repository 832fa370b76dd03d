"""Steps so small that no weight moves in single precision: the loss stays the same number."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(256, 6)
y = x[:, :2].sum(1, keepdim=True)
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1))
criterion = nn.MSELoss()  # fault
optimizer = torch.optim.SGD(model.parameters(), lr=1e-30)
for epoch in range(80):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
