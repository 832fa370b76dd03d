"""An accuracy is to rise."""
import torch
from torch import nn
from torch.optim import lr_scheduler

torch.manual_seed(0)
x, y = torch.randn(128, 6), torch.randint(0, 3, (128,))
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
EPOCHS = 6
schedule = lr_scheduler.ReduceLROnPlateau(optimizer, mode="max", patience=3)

for epoch in range(EPOCHS):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        schedule.step((net(x).argmax(dim=1) == y).float().mean())
