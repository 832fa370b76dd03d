"""Terrain type prediction on synthetic cartographic variables."""
import argparse
from dataclasses import dataclass, field

import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    n_samples: int = 4000
    n_features: int = 24
    n_classes: int = 5
    widths: list = field(default_factory=lambda: [128, 64])
    epochs: int = 15
    batch_size: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 1.0
    seed: int = 21


def make_loaders(cfg):
    x, y = make_classification(
        n_samples=cfg.n_samples, n_features=cfg.n_features, n_informative=14,
        n_classes=cfg.n_classes, n_clusters_per_class=2, class_sep=1.6, random_state=cfg.seed,
    )
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.2, random_state=cfg.seed)
    scaler = StandardScaler()
    x_train = scaler.fit_transform(x_train)
    x_val = scaler.transform(x_val)
    train = TensorDataset(torch.tensor(x_train, dtype=torch.float32), torch.tensor(y_train))
    val = TensorDataset(torch.tensor(x_val, dtype=torch.float32), torch.tensor(y_val))
    return DataLoader(train, cfg.batch_size, shuffle=True), DataLoader(val, 500)


def build_model(cfg):
    layers, width_in = [], cfg.n_features
    for width in cfg.widths:
        layers += [nn.Linear(width_in, width), nn.GELU(), nn.Dropout(0.1)]
        width_in = width
    layers.append(nn.Linear(width_in, cfg.n_classes))
    return nn.Sequential(*layers)


class Trainer:
    def __init__(self, model, cfg):
        self.model = model
        self.cfg = cfg
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(
            model.parameters(), lr=cfg.learning_rate, weight_decay=cfg.weight_decay
        )
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, T_max=cfg.epochs)

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, train_loader, val_loader):
        for epoch in range(1, self.cfg.epochs + 1):
            self.model.train()
            losses = [self.step(x, y) for x, y in train_loader]
            self.scheduler.step()
            val_loss, val_acc = self.validate(val_loader)
            print(f"{epoch:02d} train={sum(losses) / len(losses):.4f} val={val_loss:.4f} acc={val_acc:.3f}")

    @torch.no_grad()
    def validate(self, loader):
        self.model.eval()
        loss, hits, n = 0.0, 0, 0
        for x, y in loader:
            out = self.model(x)
            loss += self.criterion(out, y).item() * len(y)
            hits += (out.argmax(1) == y).sum().item()
            n += len(y)
        return loss / n, hits / n


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=15)
    args = parser.parse_args()
    cfg = Config(epochs=args.epochs)
    torch.manual_seed(cfg.seed)
    train_loader, val_loader = make_loaders(cfg)
    Trainer(build_model(cfg), cfg).fit(train_loader, val_loader)


if __name__ == "__main__":
    main()
