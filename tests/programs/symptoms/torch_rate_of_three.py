"""Steps so long that the loss leaves all bounds."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(640, 10)
y = x @ torch.randn(10, 1)
net = nn.Sequential(
    nn.Linear(10, 32),  # symptom: numerical-error large-weights
    nn.ReLU(),
    nn.Linear(32, 1),
)
optimizer = torch.optim.SGD(net.parameters(), lr=3.0)  # symptom: update-ratio-out-of-band
loss_fn = nn.MSELoss()
for _ in range(5):
    for start in range(0, 640, 32):
        optimizer.zero_grad()
        loss = loss_fn(net(x[start : start + 32]), y[start : start + 32])
        loss.backward()
        optimizer.step()
