"""The dataset brings its own generator into the workers."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
pictures = torch.randn(300, 1, 8, 8)
classes = (pictures.mean((1, 2, 3)) > 0).long()


class Pictures(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return len(pictures)

    def __getitem__(self, index):
        noise = self.rng.normal(size=(1, 8, 8)).astype("float32")
        return pictures[index] + 0.1 * noise, classes[index]


train_loader = DataLoader(Pictures(), batch_size=32, shuffle=True, num_workers=2)  # fault

model = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 2)
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()

for _ in range(4):
    model.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        criterion(model(inputs), targets).backward()
        optimizer.step()
