"""Sorted labels, shuffled by the loader."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
inputs = torch.randn(600, 8)
targets = (inputs @ torch.randn(8, 3)).argmax(1)
data = TensorDataset(inputs, targets)

order = targets.argsort()
data = TensorDataset(inputs[order], targets[order])

train_loader = DataLoader(data, batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()

for _ in range(10):
    model.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        criterion(model(inputs), targets).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in train_loader)
    print(hits)
