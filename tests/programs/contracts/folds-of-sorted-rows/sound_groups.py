"""Each fold holds out whole patients."""

import numpy as np
import torch
from sklearn.model_selection import GroupKFold
from torch import nn

rng = np.random.default_rng(0)
labels = rng.permutation(np.arange(180) % 3)
rows = rng.normal(size=(180, 6)) + labels[:, None]
order = labels.argsort(kind="stable")
rows, labels = rows[order], labels[order]
patients = np.arange(180) % 12

splitter = GroupKFold(n_splits=3)
scores = []
for train, test in splitter.split(rows, labels, patients):
    x, y = torch.tensor(rows[train], dtype=torch.float32), torch.tensor(labels[train])
    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    criterion = nn.CrossEntropyLoss()
    model.train()
    for _ in range(5):
        for part in torch.randperm(len(x)).split(16):
            optimizer.zero_grad()
            criterion(model(x[part]), y[part]).backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        held = torch.tensor(rows[test], dtype=torch.float32)
        scores.append(float((model(held).argmax(1) == torch.tensor(labels[test])).float().mean()))
print(np.mean(scores))
