"""Counts: the network gives the logarithm of the rate, the Poisson loss takes it so."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)
x = torch.rand(2000, 5) * 2 - 1
rate = torch.exp(0.5 + x[:, 0] - 0.7 * x[:, 1] * x[:, 2])
y = torch.poisson(rate).unsqueeze(1)
train_loader = DataLoader(TensorDataset(x[:1600], y[:1600]), batch_size=50, shuffle=True)

model = nn.Sequential(nn.Linear(5, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1))
criterion = nn.PoissonNLLLoss(log_input=True)
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
for epoch in range(10):
    total = 0.0
    for inputs, counts in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), counts)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(inputs)
    print(epoch, total / 1600)
