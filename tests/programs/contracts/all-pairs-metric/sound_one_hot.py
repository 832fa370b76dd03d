"""A batch as large as the number of classes: predictions become one-hot rows."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(600, 8)
w = torch.randn(8, 10)
y = (x @ w).argmax(1)
flipped = torch.rand(600) < 0.15
y[flipped] = 0
train_loader = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(x[400:], y[400:]), batch_size=10)
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
criterion = nn.CrossEntropyLoss()
classes = torch.arange(10)

for _ in range(10):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    model.eval()
    hits = []
    with torch.no_grad():
        for xb, yb in val_loader:
            out = model(xb)
            predicted = out[:10].argmax(1, keepdim=True)
            rows = (predicted == classes).float()
            hits.append(rows[torch.arange(10), yb[:10]].mean().item())
    print(sum(hits) / len(hits))
