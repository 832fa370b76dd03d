"""Rounded logits."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
inputs = 3 * torch.randn(400, 6)
targets = (inputs.sum(1) > 0).float()
train_set, test_set = random_split(TensorDataset(inputs, targets), [300, 100])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=32)
model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

for _ in range(5):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        criterion(model(x).squeeze(1), y).backward()
        optimizer.step()
    model.eval()
    hits = 0.0
    with torch.no_grad():
        for x, y in test_loader:
            scores = model(x).squeeze(1)
            hits += (scores.round() == y).sum().item()  # fault
    print(hits / 100)
