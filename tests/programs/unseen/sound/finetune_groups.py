"""Pre-train on even/odd digits, then fine-tune gently on the ten digits."""
import argparse

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 24, 3, padding=1)
        self.conv2 = nn.Conv2d(24, 48, 3, padding=1)
        self.bn = nn.BatchNorm2d(48)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        return torch.relu(self.bn(self.conv2(x))).flatten(1)


class Classifier(nn.Module):
    def __init__(self, backbone, n_out):
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(48 * 16, n_out)

    def forward(self, x):
        return self.head(self.backbone(x))


def run(model, loader, optimizer, epochs, tag, freeze_norm=False):
    criterion = nn.CrossEntropyLoss()
    for epoch in range(1, epochs + 1):
        model.train()
        if freeze_norm:
            model.backbone.bn.eval()
        total = 0.0
        for x, y in loader:
            loss = criterion(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"[{tag}] epoch {epoch} loss {total / len(loader):.4f}")


@torch.no_grad()
def accuracy(model, loader):
    model.eval()
    return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pretrain-epochs", type=int, default=5)
    parser.add_argument("--probe-epochs", type=int, default=5)
    parser.add_argument("--finetune-epochs", type=int, default=5)
    parser.add_argument("--backbone-lr", type=float, default=2e-5)
    parser.add_argument("--head-lr", type=float, default=1e-3)
    args = parser.parse_args()
    torch.manual_seed(10)

    digits = load_digits()
    x = torch.tensor(digits.images / 16.0, dtype=torch.float32)[:, None]
    y = torch.tensor(digits.target)
    x_tr, x_te, y_tr, y_te = train_test_split(x, y, test_size=0.25, stratify=y, random_state=10)
    parity = DataLoader(TensorDataset(x_tr, y_tr % 2), 32, shuffle=True)
    train = DataLoader(TensorDataset(x_tr, y_tr), 32, shuffle=True)
    test = DataLoader(TensorDataset(x_te, y_te), 200)

    backbone = Backbone()
    pretext = Classifier(backbone, 2)
    run(pretext, parity, torch.optim.Adam(pretext.parameters(), lr=1e-3), args.pretrain_epochs, "parity")

    model = Classifier(Backbone(), 10)
    model.backbone.load_state_dict(pretext.backbone.state_dict())
    model.backbone.requires_grad_(False)
    probe_optimizer = torch.optim.Adam(model.head.parameters(), lr=args.head_lr)
    run(model, train, probe_optimizer, args.probe_epochs, "probe", freeze_norm=True)
    print(f"probe accuracy {accuracy(model, test):.3f}")

    model.backbone.requires_grad_(True)
    optimizer = torch.optim.AdamW([
        {"params": model.backbone.parameters(), "lr": args.backbone_lr},
        {"params": model.head.parameters(), "lr": args.head_lr},
    ], weight_decay=0.01)
    run(model, train, optimizer, args.finetune_epochs, "finetune", freeze_norm=True)
    print(f"fine-tuned accuracy {accuracy(model, test):.3f}")


if __name__ == "__main__":
    main()
