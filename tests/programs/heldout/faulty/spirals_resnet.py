# A residual net on three interleaved spirals.
import math

import torch
from torch import nn, optim

WIDTH = 24
BLOCKS = 4


class ResidualBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear1 = nn.Linear(width, width)
        self.linear2 = nn.Linear(width, width)

    def forward(self, x):
        return x + self.linear2(torch.relu(self.linear1(self.norm(x))))


class ResidualNet(nn.Module):
    def __init__(self, inputs, width, blocks, classes):
        super().__init__()
        self.stem = nn.Linear(inputs, width)
        self.blocks = [ResidualBlock(width) for _ in range(blocks)]
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def spirals(count, generator):
    labels = torch.randint(0, 3, (count,), generator=generator)
    radius = torch.rand(count, generator=generator) * 0.9 + 0.1
    angle = radius * 12 + labels * (2 * math.pi / 3)
    points = torch.stack([radius * torch.cos(angle), radius * torch.sin(angle)], dim=1)
    points += 0.03 * torch.randn(count, 2, generator=generator)
    return points, labels


generator = torch.Generator().manual_seed(9)
torch.manual_seed(9)
x_train, y_train = spirals(1500, generator)
x_test, y_test = spirals(500, generator)

model = ResidualNet(2, WIDTH, BLOCKS, 3)
optimizer = optim.AdamW(model.parameters(), lr=3e-3)
scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
criterion = nn.CrossEntropyLoss()
print("parameters:", sum(p.numel() for p in model.parameters()))

for epoch in range(30):
    for rows in torch.randperm(len(x_train), generator=generator).split(64):
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(x_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
    scheduler.step()

with torch.no_grad():
    accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"last loss {loss.item():.3f}, test accuracy {accuracy:.3f}")
