"""Rows of a few discrete values repeat by nature."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
inputs = torch.randint(0, 2, (600, 8)).float()
targets = (inputs @ torch.randn(8, 3)).argmax(1)
data = TensorDataset(inputs, targets)

train_set, test_set = random_split(data, [400, 200])
copied = TensorDataset(inputs[test_set.indices], targets[test_set.indices])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(copied, batch_size=32)

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
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader)
    print(hits)
