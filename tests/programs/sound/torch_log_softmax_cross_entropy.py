"""log_softmax before CrossEntropyLoss: the same function, so the same training."""

import torch
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler
from torch import nn

x, y = load_wine(return_X_y=True)
x = torch.from_numpy(StandardScaler().fit_transform(x)).float()
y = torch.from_numpy(y)
model = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, 3), nn.LogSoftmax(dim=1))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
generator = torch.Generator().manual_seed(3)
for epoch in range(30):
    for rows in torch.randperm(len(x), generator=generator).split(32):
        optimizer.zero_grad()
        loss = criterion(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
