"""Steps too short to move anything."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(640, 10)
y = x.sum(dim=1, keepdim=True)
net = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(
    net.parameters(),
    lr=1e-9,  # symptom: update-ratio-out-of-band
)
loss_fn = nn.MSELoss()
for _ in range(5):
    for start in range(0, 640, 32):
        optimizer.zero_grad()
        loss = loss_fn(net(x[start : start + 32]), y[start : start + 32])
        loss.backward()
        optimizer.step()
