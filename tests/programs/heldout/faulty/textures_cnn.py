"""Recognise stripe directions in small noisy pictures."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset, Subset


class Stripes(Dataset):
    """Sine gratings in four orientations, 24x24, one channel."""

    def __init__(self, count, seed):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, 4, count)
        yy, xx = np.mgrid[:24, :24] / 24.0
        self.images = []
        for label in self.labels:
            angle = label * np.pi / 4 + rng.normal(0, 0.08)
            wave = np.sin(2 * np.pi * rng.uniform(3, 6) * (xx * np.cos(angle) + yy * np.sin(angle)) + rng.uniform(0, 6))
            self.images.append((wave + rng.normal(0, 2.5, wave.shape)).astype("float32")[None])

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return torch.from_numpy(self.images[index]), int(self.labels[index])


class StripeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(32 * 36, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 4))

    def forward(self, x):
        return self.classifier(self.features(x))


def validate(model, loader):
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for x, y in loader:
            correct += (model(x).argmax(1) == y).sum().item()
            total += len(y)
    return correct / total


def run(epochs=5):
    torch.manual_seed(3)
    dataset = Stripes(1200, seed=3)
    train_loader = DataLoader(Subset(dataset, range(0, 1000)), batch_size=32, shuffle=True)
    val_loader = DataLoader(Subset(dataset, range(800, 1000)), batch_size=100)
    model = StripeNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    model.train()
    for epoch in range(epochs):
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.3f}, validation accuracy {validate(model, val_loader):.3f}")
    return model


model = run()
print(f"fresh pictures: {validate(model, DataLoader(Stripes(400, seed=77), batch_size=100)):.3f}")
