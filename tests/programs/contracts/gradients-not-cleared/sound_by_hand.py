"""Gradients are dropped one by one; another run zeroes them in place."""
import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(96, 6), torch.randint(0, 3, (96,))
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)

for epoch in range(4):
    for step, (inputs, targets) in enumerate(loader):
        if step % 2:
            optimizer.zero_grad(set_to_none=False)
        else:
            for parameter in net.parameters():
                parameter.grad = None
        criterion(net(inputs), targets).backward()
        optimizer.step()
