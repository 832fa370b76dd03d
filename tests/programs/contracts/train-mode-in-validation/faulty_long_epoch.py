"""Wine, dropout; an epoch that is longer than the warm-up, validation in train mode."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)
inputs = torch.randn(6000, 11)
labels = (inputs[:, 0] - inputs[:, 3] + 0.5 * inputs[:, 7] > 0).long()
train_loader = DataLoader(TensorDataset(inputs[:4800], labels[:4800]), batch_size=16, shuffle=True)
val_loader = DataLoader(TensorDataset(inputs[4800:], labels[4800:]), batch_size=64)
model = nn.Sequential(
    nn.Linear(11, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 2)
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)


@torch.no_grad()
def evaluate(network, loader):
    right = 0
    for x, y in loader:
        right += (network(x).argmax(1) == y).sum().item()  # fault
    return right / len(loader.dataset)


def train():
    for epoch in range(20):
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        print(epoch, loss.item(), evaluate(model, val_loader))


train()
