"""The gradients of a recurrent network are clipped, and the steps are long enough."""
import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(128, 30, 4)
y = x.sum(dim=(1, 2), keepdim=False)[:, None]
data = torch.utils.data.TensorDataset(x, y)
loader = torch.utils.data.DataLoader(data, batch_size=16, shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(4, 16, batch_first=True)
        self.out = nn.Linear(16, 1)

    def forward(self, values):
        states, _ = self.rnn(values)
        return self.out(states[:, -1])


net = Net()
criterion = nn.MSELoss(reduction="sum")
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)

for epoch in range(8):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
