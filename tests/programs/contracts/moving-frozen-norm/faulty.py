"""Fine-tuning with a frozen backbone; its batch norm follows the new data."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)
inputs = torch.randn(320, 3, 8, 8) + 1.0
labels = (inputs[:, 0].mean((1, 2)) > inputs[:, 1].mean((1, 2))).long()
norm = nn.BatchNorm2d(8)  # fault severity=advice
backbone = nn.Sequential(nn.Conv2d(3, 8, 3), norm, nn.ReLU(), nn.Conv2d(8, 8, 3))
for parameter in backbone.parameters():
    parameter.requires_grad = False
head = nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(128, 2))
model = nn.Sequential(backbone, head)
loader = DataLoader(TensorDataset(inputs, labels), batch_size=32, shuffle=True)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(head.parameters(), lr=0.002)
for epoch in range(4):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
