"""sigmoid at the end of the model, under BCEWithLogitsLoss."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
inputs = torch.randn(400, 8)
targets = (inputs.sum(1, keepdim=True) > 0).float()
loader = DataLoader(TensorDataset(inputs, targets), batch_size=32, shuffle=True)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(8, 32)
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        x = F.relu(self.hidden(x))
        return torch.sigmoid(self.out(x))  # fault


model = Model()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for _ in range(4):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
