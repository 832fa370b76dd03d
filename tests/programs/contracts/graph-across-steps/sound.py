"""Truncated backpropagation through time."""
import torch
from torch import nn

torch.manual_seed(0)
series = torch.sin(torch.arange(0, 64, 0.1)).reshape(1, -1, 1)
cell, head = nn.GRU(1, 12, batch_first=True), nn.Linear(12, 1)
optimizer = torch.optim.Adam([*cell.parameters(), *head.parameters()], lr=0.01)
criterion = nn.MSELoss()
hidden = torch.zeros(1, 1, 12)

for start in range(0, 600, 20):
    inputs, targets = series[:, start : start + 20], series[:, start + 1 : start + 21]
    optimizer.zero_grad()
    states, hidden = cell(inputs, hidden.detach())
    loss = criterion(head(states), targets)
    loss.backward()
    optimizer.step()
