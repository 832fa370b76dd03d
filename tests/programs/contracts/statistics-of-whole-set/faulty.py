"""A scaler fitted before the split."""

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

torch.manual_seed(0)
rng = np.random.default_rng(0)
x = rng.normal(5.0, 3.0, size=(500, 8)).astype("float32")
y = (x @ rng.normal(size=(8, 3))).argmax(axis=1)

x = StandardScaler().fit_transform(x)  # fault
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0)

model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
inputs, targets = torch.from_numpy(x_train), torch.from_numpy(y_train)

for _ in range(10):
    for start in range(0, len(inputs), 64):
        optimizer.zero_grad()
        loss = criterion(model(inputs[start : start + 64]), targets[start : start + 64])
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print((model(torch.from_numpy(x_test)).argmax(1).numpy() == y_test).mean())
