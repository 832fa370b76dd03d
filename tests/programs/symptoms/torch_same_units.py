"""A hidden layer whose weights all start at one value."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(640, 10)
y = (x[:, 0] * x[:, 1] > 0).long()
net = nn.Sequential(
    nn.Linear(10, 32),  # symptom: identical-units
    nn.ReLU(),
    nn.Linear(32, 2),
)
nn.init.constant_(net[0].weight, 0.1)
optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
loss_fn = nn.CrossEntropyLoss()
for _ in range(5):
    for start in range(0, 640, 32):
        optimizer.zero_grad()
        loss = loss_fn(net(x[start : start + 32]), y[start : start + 32])
        loss.backward()
        optimizer.step()
