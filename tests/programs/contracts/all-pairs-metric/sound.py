"""Both are columns."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(600, 8)
w = torch.randn(8)
y = ((x @ w) > 0).float()
flipped = torch.rand(600) < 0.15
y[flipped] = 1 - y[flipped]
train_loader = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(x[400:], y[400:]), batch_size=50)
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
            predicted = (torch.sigmoid(out) > 0.5).float()
            hits.append((predicted == yb[:, None]).float().mean().item())
    print(sum(hits) / len(hits))
