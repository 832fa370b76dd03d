"""Regression that predicts a mean and an input-dependent noise level."""
import argparse
import copy
import math

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1
from sklearn.model_selection import KFold


class MeanAndNoise(nn.Module):
    """The last layer has two units for one target: the mean and the log variance."""

    def __init__(self, n_in, width=48):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(n_in, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.out = nn.Linear(width, 2)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x):
        mean, log_var = self.out(self.trunk(x)).unbind(dim=1)
        return mean, log_var.clamp(-6, 3)


def gaussian_nll(mean, log_var, y):
    return 0.5 * (log_var + (y - mean) ** 2 / log_var.exp() + math.log(2 * math.pi)).mean()


def simulate(n, seed):
    x, y = make_friedman1(n_samples=n, n_features=6, noise=0.0, random_state=seed)
    rng = np.random.default_rng(seed)
    y = y + rng.normal(0, 0.3 + 2.0 * x[:, 5])
    return x.astype(np.float32), y.astype(np.float32)


def train_fold(train, val, args):
    x_tr, y_tr = train
    x_va, y_va = val
    shift, scale = y_tr.mean(), y_tr.std()
    y_tr, y_va = (y_tr - shift) / scale, (y_va - shift) / scale
    model = MeanAndNoise(x_tr.size(1))
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    best, best_state, wait = float("inf"), None, 0
    for _ in range(args.epochs):
        model.train()
        for idx in torch.randperm(len(x_tr)).split(args.batch_size):
            optimizer.zero_grad()
            loss = gaussian_nll(*model(x_tr[idx]), y_tr[idx])
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            val_loss = gaussian_nll(*model(x_va), y_va).item()
        if val_loss < best:
            best, best_state, wait = val_loss, copy.deepcopy(model.state_dict()), 0
        else:
            wait += 1
            if wait >= args.patience:
                break
    model.load_state_dict(best_state)
    model.eval()
    with torch.no_grad():
        mean, log_var = model(x_va)
    r2 = 1 - ((mean - y_va) ** 2).mean() / y_va.var(unbiased=False)
    inside = ((mean - y_va).abs() < 1.96 * (0.5 * log_var).exp()).float().mean()
    return best, r2.item(), inside.item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--patience", type=int, default=12)
    parser.add_argument("--lr", type=float, default=3e-3)
    args = parser.parse_args()
    torch.manual_seed(1)

    x, y = (torch.from_numpy(a) for a in simulate(2000, seed=1))
    splitter = KFold(args.folds, shuffle=True, random_state=1)
    for fold, (tr, va) in enumerate(splitter.split(x), start=1):
        nll, r2, inside = train_fold((x[tr], y[tr]), (x[va], y[va]), args)
        print(f"fold {fold}: nll {nll:.3f} r2 {r2:.3f} inside 95% band {inside:.3f}")


if __name__ == "__main__":
    main()
