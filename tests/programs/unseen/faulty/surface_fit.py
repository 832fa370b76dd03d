"""Fit the Friedman response surface with a residual network."""
import argparse
import logging

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

log = logging.getLogger("surface")


class ResidualBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.lin1 = nn.Linear(width, width * 2)
        self.lin2 = nn.Linear(width * 2, width)

    def forward(self, x):
        return x + self.lin2(torch.relu(self.lin1(self.norm(x))))


class SurfaceNet(nn.Module):
    def __init__(self, n_in, width=48, depth=2):
        super().__init__()
        self.stem = nn.Linear(n_in, width)
        self.blocks = nn.ModuleList(ResidualBlock(width) for _ in range(depth))
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x).squeeze(-1)


def prepare(n, seed):
    x, y = make_friedman1(n_samples=n, n_features=10, noise=0.5, random_state=seed)
    x_tr, x_te, y_tr, y_te = train_test_split(x, y, test_size=0.2, random_state=seed)
    mu, sd = y_tr.mean(), y_tr.std()
    tensors = [torch.tensor(a, dtype=torch.float32) for a in (x_tr, (y_tr - mu) / sd, x_te, (y_te - mu) / sd)]
    return TensorDataset(*tensors[:2]), TensorDataset(*tensors[2:])


def train_epoch(model, loader, criterion, optimizer, scheduler):
    model.train()
    losses = []
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return float(np.mean(losses))


@torch.no_grad()
def score(model, dataset):
    model.eval()
    x, y = dataset.tensors
    return r2_score(y.numpy(), model(x).numpy())


def main():
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--decay-every", type=int, default=5, help="epochs between decays")
    parser.add_argument("--gamma", type=float, default=0.5)
    args = parser.parse_args()

    torch.manual_seed(9)
    train_set, test_set = prepare(3000, seed=9)
    loader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True)
    model = SurfaceNet(n_in=10)
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=args.decay_every, gamma=args.gamma)

    for epoch in range(1, args.epochs + 1):
        loss = train_epoch(model, loader, criterion, optimizer, scheduler)
        if epoch % 5 == 0:
            log.info("epoch %d  mse %.4f  test r2 %.3f", epoch, loss, score(model, test_set))
    log.info("final r2 %.3f", score(model, test_set))


if __name__ == "__main__":
    main()
