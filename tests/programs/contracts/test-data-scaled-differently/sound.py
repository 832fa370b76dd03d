"""Both parts are divided."""

import numpy as np
import torch
from torch import nn

torch.manual_seed(0)
rng = np.random.default_rng(0)
x = rng.integers(0, 256, size=(400, 16))
y = x.argmax(axis=1) % 3
x_train, x_test, y_train = x[:320], x[320:], y[:320]
x_train = x_train / 255
x_test = x_test / 255

model = nn.Sequential(nn.Linear(16, 32), nn.Tanh(), nn.Linear(32, 3))
criterion = nn.CrossEntropyLoss()
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
