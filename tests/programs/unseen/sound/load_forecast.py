"""Hourly load forecast with a convolution over the past two days."""
import argparse
import copy

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


def simulate_load(hours, seed):
    rng = np.random.default_rng(seed)
    t = np.arange(hours)
    daily = 40 * np.sin(2 * np.pi * t / 24) + 15 * np.sin(4 * np.pi * t / 24 + 1)
    weekly = 20 * ((t // 24) % 7 >= 5)
    noise = np.zeros(hours)
    for i in range(1, hours):
        noise[i] = 0.9 * noise[i - 1] + rng.normal(0, 4)
    return (300 + daily - weekly + noise).astype(np.float32)


class WindowDataset(Dataset):
    def __init__(self, series, window, horizon):
        self.series = torch.from_numpy(series)
        self.window, self.horizon = window, horizon

    def __len__(self):
        return len(self.series) - self.window - self.horizon + 1

    def __getitem__(self, i):
        stop = i + self.window
        return self.series[i:stop].unsqueeze(0), self.series[stop + self.horizon - 1]


class ForecastNet(nn.Module):
    def __init__(self, window, channels=16):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv1d(1, channels, 5, padding=2), nn.ReLU(),
            nn.Conv1d(channels, channels, 5, padding=2), nn.ReLU(),
            nn.Flatten(),
        )
        self.head = nn.Linear(channels * window, 1)

    def forward(self, x):
        return self.head(self.conv(x))[:, 0]


def mean_loss(model, loader, criterion):
    model.eval()
    with torch.no_grad():
        parts = [(criterion(model(x), y).item(), len(y)) for x, y in loader]
    return sum(l * n for l, n in parts) / sum(n for _, n in parts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=int, default=5000)
    parser.add_argument("--window", type=int, default=48)
    parser.add_argument("--horizon", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-3)
    args = parser.parse_args()
    torch.manual_seed(0)

    series = simulate_load(args.hours, seed=0)
    a, b = int(0.7 * args.hours), int(0.85 * args.hours)
    mean, std = series[:a].mean(), series[:a].std()
    parts = [(p - mean) / std for p in (series[:a], series[a:b], series[b:])]
    train_set, val_set, test_set = (WindowDataset(p, args.window, args.horizon) for p in parts)
    train_loader = DataLoader(train_set, args.batch_size, shuffle=True)
    val_loader = DataLoader(val_set, 256, shuffle=False)
    test_loader = DataLoader(test_set, 256, shuffle=False)

    model = ForecastNet(args.window)
    criterion = nn.HuberLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    best, best_state = float("inf"), None
    for epoch in range(1, args.epochs + 1):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        val = mean_loss(model, val_loader, criterion)
        if val < best:
            best, best_state = val, copy.deepcopy(model.state_dict())
        print(f"epoch {epoch} last batch {loss.item():.4f} validation {val:.4f}")
    model.load_state_dict(best_state)

    mae = mean_loss(model, test_loader, nn.L1Loss()) * std
    naive = np.mean([abs(float(y - x[0, -1])) for x, y in test_set]) * std
    print(f"test mae {mae:.2f}, repeating the last value {naive:.2f}")


if __name__ == "__main__":
    main()
