"""Cultivar prediction straight from the chemical analysis table."""
import argparse

import pandas as pd
import torch
import torch.nn as nn
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset


class TableDataset(Dataset):
    def __init__(self, frame, target):
        self.x = torch.tensor(frame.drop(columns=[target]).to_numpy(), dtype=torch.float32)
        self.y = torch.tensor(frame[target].to_numpy(), dtype=torch.long)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class CultivarNet(nn.Module):
    def __init__(self, n_features, n_classes):
        super().__init__()
        self.scale = nn.BatchNorm1d(n_features)
        self.net = nn.Sequential(
            nn.Linear(n_features, 32, bias=False),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(32, n_classes),
        )

    def forward(self, x):
        return self.net(self.scale(x))


def evaluate(model, loader, criterion):
    model.eval()
    loss, hits, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in loader:
            out = model(x)
            loss += criterion(out, y).item() * len(y)
            hits += (out.argmax(1) == y).sum().item()
            n += len(y)
    return loss / n, hits / n


def train(model, train_loader, val_loader, args):
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    loss, acc = evaluate(model, val_loader, criterion)
    print(f"before training: loss {loss:.3f} acc {acc:.3f}")
    for epoch in range(1, args.epochs + 1):
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            batch_loss = criterion(model(x), y)
            batch_loss.backward()
            optimizer.step()
            total += batch_loss.item()
        if epoch % args.log_every == 0:
            loss, acc = evaluate(model, val_loader, criterion)
            print(f"epoch {epoch:3d} train {total / len(train_loader):.3f} val {loss:.3f} acc {acc:.3f}")
    return evaluate(model, val_loader, criterion)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--log-every", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)

    wine = load_wine(as_frame=True)
    frame: pd.DataFrame = wine.frame
    train_frame, val_frame = train_test_split(
        frame, test_size=0.25, stratify=frame["target"], random_state=args.seed
    )
    train_loader = DataLoader(TableDataset(train_frame, "target"), args.batch_size, shuffle=True, drop_last=True)
    val_loader = DataLoader(TableDataset(val_frame, "target"), 64)

    model = CultivarNet(n_features=frame.shape[1] - 1, n_classes=3)
    loss, acc = train(model, train_loader, val_loader, args)
    print(f"final validation: loss {loss:.3f} accuracy {acc:.3f}")


if __name__ == "__main__":
    main()
