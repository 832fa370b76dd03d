"""Pre-train a convolutional encoder on outline shapes, then adapt it to textures."""
import argparse

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SIZE = 20


def draw_source(kind, rng):
    img = np.zeros((SIZE, SIZE), dtype=np.float32)
    cy, cx = rng.integers(7, 13, size=2)
    r = rng.integers(3, 6)
    yy, xx = np.mgrid[:SIZE, :SIZE]
    if kind == 0:
        img[np.abs(np.hypot(yy - cy, xx - cx) - r) < 1.0] = 1
    elif kind == 1:
        box = np.maximum(np.abs(yy - cy), np.abs(xx - cx))
        img[box == r] = 1
    else:
        img[(np.abs(yy - cy) <= 1) & (np.abs(xx - cx) <= r)] = 1
        img[(np.abs(xx - cx) <= 1) & (np.abs(yy - cy) <= r)] = 1
    return img + rng.normal(0, 0.1, img.shape).astype(np.float32)


def draw_target(kind, rng):
    yy, xx = np.mgrid[:SIZE, :SIZE]
    phase = rng.uniform(0, 2 * np.pi)
    freq = rng.uniform(0.8, 1.2)
    if kind == 0:
        img = np.sin(freq * xx + phase)
    elif kind == 1:
        img = np.sin(freq * yy + phase)
    elif kind == 2:
        img = np.sin(freq * (xx + yy) / 1.4 + phase)
    else:
        img = np.sin(freq * xx + phase) * np.sin(freq * yy + phase)
    return (0.5 + 0.5 * img + rng.normal(0, 0.15, img.shape)).astype(np.float32)


class ProceduralImages(Dataset):
    def __init__(self, draw, n_classes, n, seed):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, n_classes, size=n)
        self.images = np.stack([draw(int(k), rng) for k in self.labels])[:, None]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i]), int(self.labels[i])


class ShapeNet(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
        )
        self.classifier = nn.Linear(128, n_classes)

    def forward(self, x):
        return self.classifier(self.encoder(x))


def fit(model, optimizer, loader, epochs, tag):
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        model.train()
        running = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            running += loss.item()
        print(f"[{tag}] epoch {epoch + 1} loss {running / len(loader):.4f}")


@torch.no_grad()
def accuracy(model, loader):
    model.eval()
    hits = [(model(x).argmax(1) == y).float().mean().item() for x, y in loader]
    return sum(hits) / len(hits)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pretrain-epochs", type=int, default=4)
    parser.add_argument("--finetune-epochs", type=int, default=8)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    torch.manual_seed(0)

    source = DataLoader(ProceduralImages(draw_source, 3, 900, 1), batch_size=32, shuffle=True)
    target = DataLoader(ProceduralImages(draw_target, 4, 600, 2), batch_size=32, shuffle=True)
    target_test = DataLoader(ProceduralImages(draw_target, 4, 400, 3), batch_size=100)

    model = ShapeNet(n_classes=3)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    fit(model, optimizer, source, args.pretrain_epochs, "pretrain")

    for p in model.encoder.parameters():
        p.requires_grad = False
    model.classifier = nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 4))
    fit(model, optimizer, target, args.finetune_epochs, "finetune")
    print(f"texture accuracy: {accuracy(model, target_test):.3f}")


if __name__ == "__main__":
    main()
