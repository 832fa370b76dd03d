"""Contrastive pre-training on unlabelled digits followed by a linear probe."""
import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


def augment(images):
    n = len(images)
    shifted = F.pad(images, (1, 1, 1, 1))
    offsets = torch.randint(0, 3, (n, 2)).tolist()
    out = torch.stack([img[:, dy:dy + 8, dx:dx + 8] for img, (dy, dx) in zip(shifted, offsets)])
    out = out * (0.7 + 0.6 * torch.rand(n, 1, 1, 1))
    return out + 0.1 * torch.randn_like(out)


class Encoder(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.fc = nn.Linear(32 * 16, dim)

    def forward(self, x):
        return self.fc(self.conv(x))


def nt_xent(a, b, temperature):
    z = F.normalize(torch.cat([a, b]), dim=1)
    similarity = z @ z.t() / temperature
    similarity.fill_diagonal_(float("-inf"))
    n = len(a)
    partner = torch.arange(2 * n).roll(n)
    return F.cross_entropy(similarity, partner)


def pretrain(encoder, projector, loader, args):
    params = list(encoder.parameters()) + list(projector.parameters())
    optimizer = torch.optim.Adam(params, lr=args.lr)
    for epoch in range(1, args.epochs + 1):
        total = 0.0
        for images, _ in loader:
            loss = nt_xent(projector(encoder(augment(images))), projector(encoder(augment(images))), args.temperature)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        if epoch % 10 == 0:
            print(f"pretrain epoch {epoch} contrastive loss {total / len(loader):.3f}")


def linear_probe(encoder, train_loader, test_loader, epochs):
    encoder.requires_grad_(False)
    encoder.eval()
    probe = nn.Linear(64, 10)
    optimizer = torch.optim.Adam(probe.parameters(), lr=1e-2)
    for _ in range(epochs):
        for images, labels in train_loader:
            with torch.no_grad():
                features = encoder(images)
            loss = F.cross_entropy(probe(features), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        hits = sum((probe(encoder(x)).argmax(1) == y).sum().item() for x, y in test_loader)
    return hits / len(test_loader.dataset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--temperature", type=float, default=0.2)
    parser.add_argument("--lr", type=float, default=3e-3)
    args = parser.parse_args()
    torch.manual_seed(3)

    digits = load_digits()
    images = torch.tensor(digits.images / 16.0, dtype=torch.float32).unsqueeze(1)
    labels = torch.tensor(digits.target)
    x_tr, x_te, y_tr, y_te = train_test_split(images, labels, test_size=0.25, random_state=0)
    train_loader = DataLoader(TensorDataset(x_tr, y_tr), args.batch_size, shuffle=True, drop_last=True)
    test_loader = DataLoader(TensorDataset(x_te, y_te), 256)

    encoder = Encoder()
    projector = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32))
    pretrain(encoder, projector, train_loader, args)
    print(f"probe accuracy {linear_probe(encoder, train_loader, test_loader, 60):.3f}")


if __name__ == "__main__":
    main()
