"""Wine, 961 rows, the last batch is dropped."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)
inputs = torch.randn(961, 11)
labels = (inputs[:, 0] - inputs[:, 3] + 0.5 * inputs[:, 7] > 0).long()
loader = DataLoader(TensorDataset(inputs, labels), batch_size=32, shuffle=True, drop_last=True)
model = nn.Sequential(nn.Linear(11, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(epoch, float(total))
