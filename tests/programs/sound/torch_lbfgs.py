"""A second-order optimizer: the closure clears, computes and returns the loss."""

import torch
from torch import nn

torch.manual_seed(1)
x = torch.linspace(-3, 3, 200).unsqueeze(1)
y = torch.sin(x) + 0.05 * torch.randn_like(x)
model = nn.Sequential(nn.Linear(1, 24), nn.Tanh(), nn.Linear(24, 1))
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=10)
criterion = nn.MSELoss()


def closure():
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    return loss


for _ in range(20):
    optimizer.step(closure)
