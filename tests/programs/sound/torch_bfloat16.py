"""Autocast in bfloat16 needs no scaler; the rate falls once per epoch."""

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(10)
x = torch.randn(1200, 16)
y = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 1).long()
train, validation = random_split(TensorDataset(x, y), [1000, 200], torch.Generator().manual_seed(1))


class Trainer:
    def __init__(self, model, epochs):
        self.model, self.epochs = model, epochs
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
        self.scheduler = CosineAnnealingLR(self.optimizer, T_max=epochs)
        self.criterion = nn.CrossEntropyLoss()

    def fit(self, loader, held_out):
        for _ in range(self.epochs):
            self.model.train()
            for inputs, targets in loader:
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    loss = self.criterion(self.model(inputs), targets)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            self.scheduler.step()
            self.evaluate(held_out)

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        right = sum((self.model(a).argmax(1) == b).sum().item() for a, b in loader)
        print(right / len(loader.dataset))


model = nn.Sequential(
    nn.Linear(16, 64), nn.GELU(), nn.LayerNorm(64), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 3)
)
Trainer(model, 8).fit(DataLoader(train, 32, shuffle=True), DataLoader(validation, 100))
