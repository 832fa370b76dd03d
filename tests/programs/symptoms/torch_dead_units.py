"""Biases that keep every unit of a layer below zero."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(640, 20)
y = (x.sum(dim=1) > 0).long()
net = nn.Sequential(
    nn.Linear(20, 64),
    nn.ReLU(),
    nn.Linear(64, 64),
    nn.ReLU(),  # symptom: dying-relu
    nn.Linear(64, 2),
)
nn.init.constant_(net[2].bias, -50.0)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
loss_fn = nn.CrossEntropyLoss()
for _ in range(5):
    for start in range(0, 640, 32):
        optimizer.zero_grad()
        loss = loss_fn(net(x[start : start + 32]), y[start : start + 32])
        loss.backward()
        optimizer.step()
