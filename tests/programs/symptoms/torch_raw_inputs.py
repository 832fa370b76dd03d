"""Inputs in the thousands in front of a sigmoid."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(640, 10) * 3000 + 5000
y = (x[:, :1] > 5000).float()
net = nn.Sequential(
    nn.Linear(10, 32),
    nn.Sigmoid(),  # symptom: saturated-activation
    nn.Linear(32, 1),
)
optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
loss_fn = nn.BCEWithLogitsLoss()
for _ in range(5):
    for start in range(0, 640, 32):
        optimizer.zero_grad()
        loss = loss_fn(net(x[start : start + 32]), y[start : start + 32])
        loss.backward()
        optimizer.step()
