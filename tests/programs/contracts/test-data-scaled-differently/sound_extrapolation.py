"""A function is asked far beyond its training range."""

import numpy as np
import torch
from torch import nn

torch.manual_seed(0)
rng = np.random.default_rng(0)
x_train = rng.uniform(-1, 1, size=(320, 1))
y_train = np.sin(3 * x_train).astype("float32")
x_test = np.linspace(-40, 40, 80)[:, None]

model = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
inputs, targets = torch.tensor(x_train, dtype=torch.float32), torch.tensor(y_train)

for _ in range(10):
    for start in range(0, 320, 64):
        optimizer.zero_grad()
        loss = criterion(model(inputs[start : start + 64]), targets[start : start + 64])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        print(model(torch.tensor(x_test, dtype=torch.float32)).mean().item())
