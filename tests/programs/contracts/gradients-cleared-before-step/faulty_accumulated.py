"""Two batches per step; cleared once before the loop, and again before each step."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
inputs = torch.randn(640, 5)
labels = (inputs[:, 0] * inputs[:, 1] > 0).long()
loader = DataLoader(TensorDataset(inputs, labels), batch_size=16, shuffle=True)
model = nn.Sequential(nn.Linear(5, 24), nn.Tanh(), nn.Linear(24, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
optimizer.zero_grad()
for epoch in range(10):
    for number, (x, y) in enumerate(loader):
        loss = criterion(model(x), y) / 2
        loss.backward()
        if number % 2:
            optimizer.zero_grad()  # fault
            optimizer.step()
    print(epoch, loss.item())
