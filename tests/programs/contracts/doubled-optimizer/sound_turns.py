"""Adam first, then SGD for the rest."""
import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(96, 6), torch.randint(0, 3, (96,))
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
first = torch.optim.Adam(net.parameters(), lr=0.01)
second = torch.optim.SGD(net.parameters(), lr=0.01)

for optimizer in (first, second):
    for epoch in range(3):
        for inputs, targets in loader:
            optimizer.zero_grad()
            criterion(net(inputs), targets).backward()
            optimizer.step()
