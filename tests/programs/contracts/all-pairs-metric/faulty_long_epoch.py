"""Validation comes after an epoch that is longer than what is observed."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(4000, 8)
w = torch.randn(8)
y = ((x @ w) > 0).float()
flipped = torch.rand(4000) < 0.15
y[flipped] = 1 - y[flipped]
train_loader = DataLoader(TensorDataset(x[:3600], y[:3600]), batch_size=16, shuffle=True)
val_loader = DataLoader(TensorDataset(x[3600:], y[3600:]), batch_size=50)
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
criterion = nn.BCEWithLogitsLoss()

for _ in range(10):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb[:, None])
        loss.backward()
        optimizer.step()
    model.eval()
    hits = []
    with torch.no_grad():
        for xb, yb in val_loader:
            out = model(xb)
            predicted = torch.round(torch.sigmoid(out))
            hits.append((predicted == yb).float().mean().item())  # fault
    print(sum(hits) / len(hits))
