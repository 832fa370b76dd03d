"""Sum of a short sequence; dropout between layers of which there is one."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(10)
inputs = torch.randn(480, 6, 3)
targets = inputs.sum((1, 2)).unsqueeze(1) / 4


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(3, 16, num_layers=1, batch_first=True, dropout=0.2)  # fault kind=dropout
        self.head = nn.Linear(16, 1)

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


model = Reader()
loader = DataLoader(TensorDataset(inputs, targets), batch_size=32, shuffle=True)
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(4):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
