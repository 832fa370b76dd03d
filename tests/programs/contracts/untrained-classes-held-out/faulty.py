"""The tail of sorted data is held out: a class of its own."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

torch.manual_seed(0)
inputs = torch.randn(600, 8)
targets = (inputs @ torch.randn(8, 3)).argmax(1)
data = TensorDataset(inputs, targets)

order = targets.argsort()
data = TensorDataset(inputs[order], targets[order])

train_loader = DataLoader(Subset(data, range(250)), batch_size=32, shuffle=True)
val_loader = DataLoader(Subset(data, range(500, 600)), batch_size=32)  # fault

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
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)
    print(hits)
