"""Top-2 accuracy: any of two guesses is right."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(600, 8)
w = torch.randn(8, 3)
y = (x @ w).argmax(1)
flipped = torch.rand(600) < 0.15
y[flipped] = 0
train_loader = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(x[400:], y[400:]), batch_size=50)
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
criterion = nn.CrossEntropyLoss()

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
            guesses = out.topk(2, dim=1).indices
            hits.append(guesses.eq(yb[:, None]).any(1).float().mean().item())
            best = guesses.t() == yb.view(1, -1).expand_as(guesses.t())
            assert best[0].sum() <= len(yb)
    print(sum(hits) / len(hits))
