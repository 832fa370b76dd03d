"""One update for two optimizers."""
import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(96, 6), torch.randint(0, 3, (96,))
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
first = torch.optim.SGD(net[0].parameters(), lr=0.05)
second = torch.optim.Adam(net[2].parameters(), lr=0.01)
scaler = torch.amp.GradScaler("cpu")

for epoch in range(4):
    for inputs, targets in loader:
        first.zero_grad()
        second.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            loss = criterion(net(inputs), targets)
        scaler.scale(loss).backward()
        scaler.step(first)
        scaler.step(second)
        scaler.update()
