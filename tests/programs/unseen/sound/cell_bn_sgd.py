"""Cell nucleus classification from unprocessed measurements."""
import argparse
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    epochs: int = 30
    batch_size: int = 32
    lr: float = 0.1
    momentum: float = 0.9
    seed: int = 5


class CellNet(nn.Module):
    """Two logits, one for each diagnosis; the first layer standardises the table."""

    def __init__(self, n_features):
        super().__init__()
        self.features = nn.Sequential(
            nn.BatchNorm1d(n_features, affine=False),
            nn.Linear(n_features, 32, bias=False),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            nn.Linear(32, 16, bias=False),
            nn.BatchNorm1d(16),
            nn.ReLU(),
        )
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        return self.head(self.features(x))


def loaders(cfg):
    x, y = load_breast_cancer(return_X_y=True)
    x_tr, x_te, y_tr, y_te = train_test_split(
        x.astype(np.float32), y, test_size=0.25, stratify=y, random_state=cfg.seed
    )
    train = TensorDataset(torch.from_numpy(x_tr), torch.from_numpy(y_tr))
    test = TensorDataset(torch.from_numpy(x_te), torch.from_numpy(y_te))
    return (
        DataLoader(train, cfg.batch_size, shuffle=True, drop_last=True),
        DataLoader(test, 1),
    )


def train_epoch(model, loader, criterion, optimizer):
    model.train()
    total = 0.0
    for x, y in loader:
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += loss.item()
    return total / len(loader)


def evaluate(model, loader):
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in loader:
            hits += int(model(x).softmax(dim=1).argmax(dim=1).eq(y).sum())
    return hits / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=Config.epochs)
    parser.add_argument("--lr", type=float, default=Config.lr)
    args = parser.parse_args()
    cfg = Config(epochs=args.epochs, lr=args.lr)
    torch.manual_seed(cfg.seed)

    train_loader, test_loader = loaders(cfg)
    model = CellNet(30)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=cfg.lr, momentum=cfg.momentum, nesterov=True)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[15, 25], gamma=0.1)
    print(f"untrained accuracy {evaluate(model, test_loader):.3f}")
    for epoch in range(1, cfg.epochs + 1):
        loss = train_epoch(model, train_loader, criterion, optimizer)
        scheduler.step()
        if epoch % 5 == 0:
            print(f"epoch {epoch} loss {loss:.4f} accuracy {evaluate(model, test_loader):.3f}")


if __name__ == "__main__":
    main()
