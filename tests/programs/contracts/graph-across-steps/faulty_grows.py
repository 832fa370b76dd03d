"""A running penalty that is never detached."""
import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(96, 4)
y = x.sum(dim=1, keepdim=True)
net = nn.Linear(4, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=16, shuffle=True)
running = torch.zeros(())

for epoch in range(3):
    for inputs, targets in loader:
        optimizer.zero_grad()
        error = (net(inputs) - targets).abs().mean()
        running = 0.9 * running + 0.1 * error
        loss = error + running
        loss.backward(retain_graph=True)  # fault
        optimizer.step()
