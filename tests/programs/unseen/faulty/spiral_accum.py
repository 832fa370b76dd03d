"""Three-arm spiral classification with micro-batches."""
import argparse
import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset, Subset


class Spirals(Dataset):
    def __init__(self, per_arm=700, arms=3, noise=0.08, seed=0):
        g = torch.Generator().manual_seed(seed)
        points, labels = [], []
        for arm in range(arms):
            r = torch.rand(per_arm, generator=g) * 0.95 + 0.05
            angle = r * 4.0 + arm * 2 * math.pi / arms
            angle = angle + noise * torch.randn(per_arm, generator=g)
            points.append(torch.stack([r * angle.cos(), r * angle.sin()], dim=1))
            labels.append(torch.full((per_arm,), arm, dtype=torch.long))
        self.points = torch.cat(points)
        self.labels = torch.cat(labels)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.points[i], self.labels[i]


class SpiralNet(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.inp = nn.Linear(2, width)
        self.mid = nn.Linear(width, width)
        self.out = nn.Linear(width, 3)

    def forward(self, x):
        x = F.silu(self.inp(x))
        x = x + F.silu(self.mid(x))
        return self.out(x)


def train_epoch(model, loader, optimizer, accumulate, max_norm):
    model.train()
    running = 0.0
    optimizer.zero_grad()
    for i, (x, y) in enumerate(loader):
        loss = F.cross_entropy(model(x), y)
        (loss / accumulate).backward()
        running += loss.item()
        if (i + 1) % accumulate == 0 or i + 1 == len(loader):
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.zero_grad()
            optimizer.step()
    return running / len(loader)


@torch.inference_mode()
def evaluate(model, loader):
    model.eval()
    hits = total = 0
    for x, y in loader:
        hits += (model(x).argmax(dim=1) == y).sum().item()
        total += y.numel()
    return hits / total


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--micro-batch", type=int, default=16)
    parser.add_argument("--accumulate", type=int, default=4)
    parser.add_argument("--lr", type=float, default=5e-3)
    parser.add_argument("--max-norm", type=float, default=1.0)
    args = parser.parse_args()

    torch.manual_seed(0)
    data = Spirals()
    order = torch.randperm(len(data)).tolist()
    cut = int(0.8 * len(order))
    train_loader = DataLoader(Subset(data, order[:cut]), args.micro_batch, shuffle=True)
    test_loader = DataLoader(Subset(data, order[cut:]), 256)

    model = SpiralNet()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        loss = train_epoch(model, train_loader, optimizer, args.accumulate, args.max_norm)
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1}: loss {loss:.4f} test accuracy {evaluate(model, test_loader):.3f}")


if __name__ == "__main__":
    main()
