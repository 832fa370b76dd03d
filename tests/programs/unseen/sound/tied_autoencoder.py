"""Autoencoder whose decoder reuses the transposed encoder weights."""
import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class TiedAutoencoder(nn.Module):
    def __init__(self, sizes=(64, 48, 12)):
        super().__init__()
        self.weights = nn.ParameterList()
        self.enc_bias = nn.ParameterList()
        self.dec_bias = nn.ParameterList()
        for n_in, n_out in zip(sizes[:-1], sizes[1:]):
            w = torch.empty(n_out, n_in)
            nn.init.xavier_uniform_(w)
            self.weights.append(nn.Parameter(w))
            self.enc_bias.append(nn.Parameter(torch.zeros(n_out)))
            self.dec_bias.append(nn.Parameter(torch.zeros(n_in)))

    def encode(self, x):
        last = len(self.weights) - 1
        for i, (w, b) in enumerate(zip(self.weights, self.enc_bias)):
            x = F.linear(x, w, b)
            if i < last:
                x = torch.tanh(x)
        return x

    def decode(self, z):
        for i in reversed(range(len(self.weights))):
            z = F.linear(z, self.weights[i].t(), self.dec_bias[i])
            if i > 0:
                z = torch.tanh(z)
        return z

    def forward(self, x):
        return self.decode(self.encode(x))


def train_epoch(model, loader, criterion, optimizer):
    model.train()
    total = 0.0
    for (x,) in loader:
        noisy = x + 0.1 * torch.randn_like(x)
        loss = criterion(model(noisy), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader.dataset) / 64


@torch.no_grad()
def test_error(model, loader, criterion):
    model.eval()
    return sum(criterion(model(x), x).item() for (x,) in loader) / len(loader.dataset) / 64


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    torch.manual_seed(6)

    images = torch.tensor(load_digits().data, dtype=torch.float32) / 16
    train, test = train_test_split(images, test_size=0.2, random_state=6)
    train_loader = DataLoader(TensorDataset(train), args.batch_size, shuffle=True)
    test_loader = DataLoader(TensorDataset(test), args.batch_size)
    baseline = ((test - train.mean(0)) ** 2).mean().item()
    print(f"predicting the mean image: mse {baseline:.4f}")

    model = TiedAutoencoder()
    criterion = nn.MSELoss(reduction="sum")
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(1, args.epochs + 1):
        error = train_epoch(model, train_loader, criterion, optimizer)
        if epoch % 5 == 0:
            print(f"epoch {epoch} train {error:.4f} test {test_error(model, test_loader, criterion):.4f}")


if __name__ == "__main__":
    main()
