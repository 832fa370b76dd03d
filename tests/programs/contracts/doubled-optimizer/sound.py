"""Two optimizers, each with its own part."""
import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(96, 6), torch.randint(0, 3, (96,))
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
body = torch.optim.SGD(net[0].parameters(), lr=0.05)
head = torch.optim.Adam(net[2].parameters(), lr=0.01)

for epoch in range(4):
    for inputs, targets in loader:
        body.zero_grad(set_to_none=False)
        head.zero_grad(set_to_none=False)
        criterion(net(inputs), targets).backward()
        body.step()
        head.step()
