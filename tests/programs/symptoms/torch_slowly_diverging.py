"""Steps somewhat too long: the loss grows and grows, and stays a number."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(640, 10)
y = x @ torch.randn(10, 1)
net = nn.Linear(10, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=1.2)  # symptom: diverging-loss
loss_fn = nn.MSELoss()
for _ in range(5):
    for start in range(0, 640, 32):
        optimizer.zero_grad()
        loss = loss_fn(net(x[start : start + 32]), y[start : start + 32])
        loss.backward()
        optimizer.step()
