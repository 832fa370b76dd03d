"""Shapes of leaves; one hidden layer is applied several times on purpose."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
inputs = torch.randn(480, 8)
labels = (inputs[:, :4].sum(1) > inputs[:, 4:].sum(1)).long()


class Leaves(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.first = nn.Linear(8, 24)
        self.shared = nn.Linear(24, 24)
        self.blocks = nn.ModuleList([self.shared for _ in range(depth)])
        self.head = nn.Linear(24, 2)

    def forward(self, x):
        x = torch.relu(self.first(x))
        for block in self.blocks:
            x = torch.relu(block(x))
        return self.head(x)


model = Leaves(depth=2)
loader = DataLoader(TensorDataset(inputs, labels), batch_size=32, shuffle=True)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(6):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
