"""Wine, dropout; labels of unlabelled rows are guessed in train mode."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)
inputs = torch.randn(1200, 11)
labels = (inputs[:, 0] - inputs[:, 3] + 0.5 * inputs[:, 7] > 0).long()
train_loader = DataLoader(TensorDataset(inputs[:960], labels[:960]), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(inputs[960:], labels[960:]), batch_size=64)
model = nn.Sequential(
    nn.Linear(11, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 2)
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)

unlabelled = DataLoader(TensorDataset(torch.randn(960, 11)), batch_size=32, shuffle=True)
for epoch in range(8):
    model.train()
    for (x, y), (u,) in zip(train_loader, unlabelled, strict=True):
        with torch.no_grad():
            guessed = model(u).argmax(1)
        optimizer.zero_grad()
        loss = criterion(model(x), y) + 0.1 * criterion(model(u), guessed)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(inputs[960:]).argmax(1) == labels[960:]).float().mean().item()
    print(epoch, loss.item(), accuracy)
