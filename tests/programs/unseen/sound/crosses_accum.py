"""Orientation of noisy bars, trained with accumulated micro-batches in bfloat16."""
import argparse

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def render_bars(n, size=18, seed=0):
    rng = np.random.default_rng(seed)
    angles = np.deg2rad([0, 45, 90, 135])
    labels = rng.integers(0, 4, n)
    yy, xx = np.mgrid[:size, :size] - size / 2
    images = np.empty((n, 1, size, size), dtype=np.float32)
    for i, k in enumerate(labels):
        a = angles[k] + rng.normal(0, 0.08)
        oy, ox = rng.uniform(-3, 3, 2)
        distance = np.abs((xx - ox) * np.sin(a) - (yy - oy) * np.cos(a))
        images[i, 0] = (distance < 1.3) * rng.uniform(0.7, 1.2)
    images += rng.normal(0, 0.35, images.shape).astype(np.float32)
    return TensorDataset(torch.from_numpy(images), torch.from_numpy(labels))


def conv_block(c_in, c_out):
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, padding=1),
        nn.GroupNorm(4, c_out),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
    )


class BarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(conv_block(1, 16), conv_block(16, 32))
        self.head = nn.Linear(32, 4)

    def forward(self, x):
        return self.head(self.blocks(x).mean(dim=(2, 3)))


def train_epoch(model, loader, criterion, optimizer, accumulate):
    model.train()
    optimizer.zero_grad()
    total, pending = 0.0, 0
    for x, y in loader:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = criterion(model(x), y)
        (loss / accumulate).backward()
        total += loss.detach().float().item()
        pending += 1
        if pending == accumulate:
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            optimizer.zero_grad()
            pending = 0
    if pending:
        optimizer.step()
        optimizer.zero_grad()
    return total / len(loader)


def evaluate(model, loader):
    model.eval()
    hits = n = 0
    with torch.inference_mode():
        for x, y in loader:
            hits += (model(x).argmax(1) == y).sum().item()
            n += len(y)
    return hits / n


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--micro-batch", type=int, default=8)
    parser.add_argument("--accumulate", type=int, default=4)
    parser.add_argument("--lr", type=float, default=3e-3)
    args = parser.parse_args()
    torch.manual_seed(0)

    train_loader = DataLoader(render_bars(1000, seed=1), args.micro_batch, shuffle=True)
    test_loader = DataLoader(render_bars(400, seed=2), 200)
    model = BarNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.05)
    for epoch in range(args.epochs):
        loss = train_epoch(model, train_loader, criterion, optimizer, args.accumulate)
        print(f"epoch {epoch + 1} loss {loss:.4f} test accuracy {evaluate(model, test_loader):.3f}")


if __name__ == "__main__":
    main()
