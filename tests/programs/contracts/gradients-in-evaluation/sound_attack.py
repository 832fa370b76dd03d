"""Wine, dropout; the evaluation differentiates by its inputs."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)
inputs = torch.randn(1200, 11)
labels = (inputs[:, 0] - inputs[:, 3] + 0.5 * inputs[:, 7] > 0).long()
train_loader = DataLoader(TensorDataset(inputs[:960], labels[:960]), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(inputs[960:], labels[960:]), batch_size=64)
model = nn.Sequential(
    nn.Linear(11, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 2)
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)

for epoch in range(8):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for x, y in val_loader:
            correct += (model(x).argmax(1) == y).sum().item()
    for x, y in val_loader:
        x.requires_grad_()
        criterion(model(x), y).backward()
        model.zero_grad()
        steepest = x.grad.abs().max().item()
    print(epoch, steepest, loss.item(), correct / 240)
