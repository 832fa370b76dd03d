"""Sorted ratings that a regression learns."""

import numpy as np
import torch
from sklearn.model_selection import KFold
from torch import nn

rng = np.random.default_rng(0)
labels = np.repeat([1.0, 2.0, 3.0], 60).astype(np.float32)
rows = rng.normal(size=(180, 6)) + labels[:, None]

splitter = KFold(n_splits=3)
scores = []
for train, test in splitter.split(rows, labels):
    x, y = torch.tensor(rows[train], dtype=torch.float32), torch.tensor(labels[train])
    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    criterion = nn.MSELoss()
    model.train()
    for _ in range(5):
        for part in torch.randperm(len(x)).split(16):
            optimizer.zero_grad()
            criterion(model(x[part])[:, 0], y[part]).backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        held = torch.tensor(rows[test], dtype=torch.float32)
        scores.append(float(((model(held)[:, 0] - torch.tensor(labels[test])) ** 2).mean()))
print(np.mean(scores))
