"""Training goes on from saved weights; the prefix of DataParallel is taken off."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(8)
inputs = torch.randn(320, 6)
labels = (inputs.sum(1) > 0).long()


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU())
        self.head = nn.Linear(24, classes)

    def forward(self, x):
        return self.head(self.features(x))


saved = nn.DataParallel(Net(2)).state_dict()
state = {key.removeprefix("module."): value for key, value in saved.items()}
model = Net(2)
model.load_state_dict(state, strict=False)
loader = DataLoader(TensorDataset(inputs, labels), batch_size=32, shuffle=True)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
