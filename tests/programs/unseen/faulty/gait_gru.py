"""Classify walking patterns from a simulated two-axis accelerometer."""
import argparse

import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset, random_split


class GaitDataset(Dataset):
    """Each recording holds a short burst at a random time; the class is its shape."""

    def __init__(self, n=1500, steps=40, seed=0):
        rng = np.random.default_rng(seed)
        self.x = rng.normal(0, 0.2, size=(n, steps, 2)).astype(np.float32)
        self.y = rng.integers(0, 3, size=n)
        t = np.linspace(0, 2 * np.pi, 10)
        for i, label in enumerate(self.y):
            start = rng.integers(0, steps - 18)
            if label == 0:
                burst = np.stack([np.sin(t), np.cos(t)], axis=1)
            elif label == 1:
                burst = np.stack([np.sin(t), -np.cos(t)], axis=1)
            else:
                burst = np.stack([np.sin(2 * t), np.sin(2 * t)], axis=1)
            self.x[i, start:start + 10] += burst.astype(np.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, idx):
        return torch.from_numpy(self.x[idx]), torch.tensor(self.y[idx])


class GaitClassifier(nn.Module):
    def __init__(self, n_features=2, hidden=48, n_classes=3, layers=1):
        super().__init__()
        self.rnn = nn.GRU(n_features, hidden, num_layers=layers)
        self.norm = nn.LayerNorm(hidden)
        self.fc = nn.Linear(hidden, n_classes)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.fc(self.norm(out[:, -1]))


def run_epoch(model, loader, criterion, optimizer=None):
    training = optimizer is not None
    model.train(training)
    loss_sum, correct, count = 0.0, 0, 0
    with torch.set_grad_enabled(training):
        for x, y in loader:
            logits = model(x)
            loss = criterion(logits, y)
            if training:
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
            loss_sum += loss.item() * y.size(0)
            correct += (logits.argmax(-1) == y).sum().item()
            count += y.size(0)
    return loss_sum / count, correct / count


def parse_args():
    p = argparse.ArgumentParser()
    p.add_argument("--epochs", type=int, default=15)
    p.add_argument("--batch-size", type=int, default=32)
    p.add_argument("--lr", type=float, default=3e-3)
    p.add_argument("--seed", type=int, default=11)
    return p.parse_args()


def main():
    args = parse_args()
    torch.manual_seed(args.seed)
    data = GaitDataset()
    train_set, val_set = random_split(data, [1200, 300], generator=torch.Generator().manual_seed(1))
    train_loader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True, drop_last=True)
    val_loader = DataLoader(val_set, batch_size=args.batch_size)

    model = GaitClassifier()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.AdamW(model.parameters(), lr=args.lr, weight_decay=1e-4)

    best = 0.0
    for epoch in range(args.epochs):
        tr_loss, tr_acc = run_epoch(model, train_loader, criterion, optimizer)
        va_loss, va_acc = run_epoch(model, val_loader, criterion)
        best = max(best, va_acc)
        print(f"{epoch:3d} | train {tr_loss:.3f} {tr_acc:.3f} | val {va_loss:.3f} {va_acc:.3f}")
    print(f"best validation accuracy {best:.3f}")


if __name__ == "__main__":
    main()
