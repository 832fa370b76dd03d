"""Who leaves? Customers of a telephone company, drawn at random."""

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
rng = np.random.default_rng(0)
months, calls = rng.integers(1, 60, 800), rng.poisson(3, 800)
leaves = rng.random(800) < 1 / (1 + np.exp(0.08 * months - 0.6 * calls))
frame = pd.DataFrame(
    {
        "months": (months - 30) / 17.0,
        "calls": (calls - 3) / 1.7,
        "plan": rng.choice(["small", "large"], 800),
        "leaves": np.where(leaves, "yes", "no"),
    }
)

table = pd.get_dummies(frame, dtype="float32")
y = torch.tensor(table["leaves_yes"].to_numpy(dtype="float32")).reshape(-1, 1)
x = torch.tensor(table.to_numpy(dtype="float32"))  # fault
loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(x.shape[1], 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.BCEWithLogitsLoss()
for _ in range(5):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
