"""An exponential moving average of the weights, updated after every step, evaluated at the end."""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(8)
x = torch.randn(900, 12)
y = (x[:, :4].sum(1) > x[:, 4:8].sum(1)).float().unsqueeze(1)
train = DataLoader(TensorDataset(x[:700], y[:700]), batch_size=64, shuffle=True)

model = nn.Sequential(nn.Linear(12, 48), nn.BatchNorm1d(48), nn.ReLU(), nn.Linear(48, 1))
average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.99), use_buffers=True)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.BCEWithLogitsLoss()

for epoch in range(10):
    model.train()
    for inputs, targets in train:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        average.update_parameters(model)
average.eval()
with torch.no_grad():
    print(((average(x[700:]) > 0) == y[700:].bool()).float().mean().item())
