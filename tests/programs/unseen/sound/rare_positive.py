"""Rare positive detection with a weighted logistic loss."""
import argparse

import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score, balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import QuantileTransformer
from torch.utils.data import DataLoader, TensorDataset


def build_data(seed):
    x, y = make_classification(
        n_samples=8000, n_features=16, n_informative=8, weights=[0.94], class_sep=1.5,
        flip_y=0.005, random_state=seed,
    )
    x_tr, x_te, y_tr, y_te = train_test_split(x, y, test_size=0.25, stratify=y, random_state=seed)
    scaler = QuantileTransformer(output_distribution="normal", n_quantiles=500).fit(x_tr)

    def pack(a, b):
        return TensorDataset(
            torch.tensor(scaler.transform(a), dtype=torch.float32), torch.tensor(b, dtype=torch.float32)
        )

    return pack(x_tr, y_tr), pack(x_te, y_te)


class Detector(nn.Module):
    def __init__(self, n_in, positive_rate):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_in, 64), nn.ELU(), nn.Dropout(0.2), nn.Linear(64, 32), nn.ELU())
        self.out = nn.Linear(32, 1)
        rate = torch.tensor(positive_rate)
        nn.init.constant_(self.out.bias, torch.log(rate / (1 - rate)).item())

    def forward(self, x):
        return self.out(self.net(x)).flatten()


@torch.no_grad()
def evaluate(model, dataset):
    model.eval()
    x, y = dataset.tensors
    logits = model(x)
    decided = (logits > 0).int()
    return balanced_accuracy_score(y, decided), average_precision_score(y, logits)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--lr", type=float, default=5e-3)
    args = parser.parse_args()
    torch.manual_seed(2)

    train_set, test_set = build_data(seed=2)
    labels = train_set.tensors[1]
    rate = labels.mean().item()
    loader = DataLoader(train_set, args.batch_size, shuffle=True)
    model = Detector(16, rate)
    criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor((1 - rate) / rate))
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=4 * args.lr, epochs=args.epochs, steps_per_epoch=len(loader)
    )
    for epoch in range(args.epochs):
        model.train()
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            scheduler.step()
            total += loss.item()
        balanced, ap = evaluate(model, test_set)
        print(f"epoch {epoch + 1:2d} loss {total / len(loader):.3f} balanced accuracy {balanced:.3f} AP {ap:.3f}")


if __name__ == "__main__":
    main()
