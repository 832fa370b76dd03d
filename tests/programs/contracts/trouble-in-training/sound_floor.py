"""A margin loss with a floor: it arrives there after a few steps, and has no gradient any more."""

import torch
from torch import nn

torch.manual_seed(1)
side = torch.randint(0, 2, (320, 1)) * 2.0 - 1.0
x = torch.cat([3.0 * side + 0.1 * torch.randn(320, 1), torch.randn(320, 5)], dim=1)
model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _epoch in range(20):
    for start in range(0, len(x), 32):
        scores = model(x[start : start + 32])
        loss = torch.clamp(1.0 - side[start : start + 32] * scores, min=0.1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
