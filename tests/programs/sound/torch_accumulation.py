"""Gradients accumulated over four small batches, each loss divided by four, the rest not lost."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
ACCUMULATED = 4


def train(model, loader, optimizer, criterion, epochs):
    for _ in range(epochs):
        optimizer.zero_grad()
        for number, (inputs, targets) in enumerate(loader, 1):
            loss = criterion(model(inputs), targets) / ACCUMULATED
            loss.backward()
            if number % ACCUMULATED == 0 or number == len(loader):
                optimizer.step()
                optimizer.zero_grad()


def main():
    x = torch.randn(700, 10)
    y = (x[:, :3].sum(1, keepdim=True) + 0.1 * torch.randn(700, 1)) / 2.0
    loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)
    model = nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    train(model, loader, optimizer, nn.MSELoss(), epochs=5)


if __name__ == "__main__":
    main()
