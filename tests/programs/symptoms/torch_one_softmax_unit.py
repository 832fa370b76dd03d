"""A softmax over one unit: always one, and without a gradient."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(640, 10)
y = (x[:, :1] > 0).float()
net = nn.Sequential(
    nn.Linear(10, 32),  # symptom: unchanged-weights
    nn.ReLU(),
    nn.Linear(32, 1),
    nn.Softmax(dim=1),  # symptom: outputs-independent-of-inputs
)
optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
loss_fn = nn.BCELoss()  # symptom: unexpected-initial-loss
for _ in range(5):
    for start in range(0, 640, 32):
        optimizer.zero_grad()
        loss = loss_fn(net(x[start : start + 32]), y[start : start + 32])
        loss.backward()
        optimizer.step()
