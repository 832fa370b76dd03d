"""Always one batch behind."""
import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(96, 6), torch.randint(0, 3, (96,))
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)

for epoch in range(4):
    for inputs, targets in loader:
        optimizer.step()  # fault severity=advice
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
