"""Strength of a mixture from five amounts; the target is a row, the prediction a column."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
inputs = torch.rand(512, 5)
strength = inputs @ torch.tensor([1.0, -2.0, 0.5, 1.5, 0.0]) + 0.3
loader = DataLoader(TensorDataset(inputs, strength), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(10):
    for x, y in loader:
        optimizer.zero_grad()
        predicted = model(x)
        loss = criterion(predicted, y)  # fault
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
