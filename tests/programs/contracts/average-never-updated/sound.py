"""Wine, with an average of the weights; each step updates it."""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(9)
inputs = torch.randn(640, 11)
labels = (inputs[:, 0] - inputs[:, 3] > 0).long()
loader = DataLoader(TensorDataset(inputs[:512], labels[:512]), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(11, 32), nn.ReLU(), nn.Linear(32, 2))
average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(8):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        average.update_parameters(model)
    with torch.no_grad():
        accuracy = (average(inputs[512:]).argmax(1) == labels[512:]).float().mean().item()
    print(epoch, loss.item(), accuracy)
