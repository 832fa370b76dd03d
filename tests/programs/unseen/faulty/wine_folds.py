"""Cross-validated cultivar classifier with early stopping."""
import argparse
import copy

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_wine
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler


class EarlyStopping:
    def __init__(self, patience=10):
        self.patience = patience
        self.best = float("inf")
        self.wait = 0
        self.state = None

    def update(self, loss, model):
        if loss < self.best - 1e-4:
            self.best, self.wait = loss, 0
            self.state = copy.deepcopy(model.state_dict())
        else:
            self.wait += 1
        return self.wait >= self.patience


def make_model(n_in, n_out):
    return nn.Sequential(
        nn.Linear(n_in, 24),
        nn.ReLU(),
        nn.Linear(24, 12),
        nn.ReLU(),
        nn.Linear(12, n_out),
    )


def batches(x, y, size, generator):
    for idx in torch.randperm(len(x), generator=generator).split(size):
        yield x[idx], y[idx]


def train_fold(x_train, y_train, x_val, y_val, args):
    generator = torch.Generator().manual_seed(args.seed)
    model = make_model(x_train.shape[1], 3)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    stopper = EarlyStopping(args.patience)
    for _ in range(args.epochs):
        model.train()
        for xb, yb in batches(x_train, y_train, args.batch_size, generator):
            optimizer.zero_grad()
            criterion(model(xb), yb).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            val_loss = criterion(model(x_val), y_val).item()
        if stopper.update(val_loss, model):
            break
    model.load_state_dict(stopper.state)
    model.eval()
    with torch.no_grad():
        return (model(x_val).argmax(1) == y_val).float().mean().item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--patience", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)

    wine = load_wine()
    features = wine.data.astype(np.float32)
    labels = wine.target.astype(np.int64)

    scores = []
    splitter = KFold(n_splits=args.folds)
    for fold, (train_idx, val_idx) in enumerate(splitter.split(features), start=1):
        scaler = StandardScaler().fit(features[train_idx])
        x_train = torch.from_numpy(scaler.transform(features[train_idx]).astype(np.float32))
        x_val = torch.from_numpy(scaler.transform(features[val_idx]).astype(np.float32))
        y_train = torch.from_numpy(labels[train_idx])
        y_val = torch.from_numpy(labels[val_idx])
        score = train_fold(x_train, y_train, x_val, y_val, args)
        scores.append(score)
        print(f"fold {fold}: accuracy {score:.3f}")
    print(f"mean accuracy {np.mean(scores):.3f} +- {np.std(scores):.3f}")


if __name__ == "__main__":
    main()
