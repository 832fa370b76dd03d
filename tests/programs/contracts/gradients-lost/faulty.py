"""Two sensors, one encoder; its values are cut from the graph."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(5)
inputs = torch.randn(480, 12)
labels = (inputs[:, 0] * inputs[:, 1] > 0).long()


class Sensors(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 16))
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(16, 2))

    def forward(self, x):
        features = self.encoder(x).detach()  # fault
        return self.head(features)


model = Sensors()
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
