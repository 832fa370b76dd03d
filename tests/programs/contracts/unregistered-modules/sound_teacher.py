"""Shapes of leaves; a frozen teacher is kept out of the student's parameters on purpose."""

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
inputs = torch.randn(480, 8)
labels = (inputs[:, :4].sum(1) > inputs[:, 4:].sum(1)).long()


class Student(nn.Module):
    def __init__(self, teacher):
        super().__init__()
        self.hidden_teacher = [teacher]
        self.layers = nn.Sequential(nn.Linear(8, 24), nn.ReLU(), nn.Linear(24, 2))

    def forward(self, x):
        with torch.no_grad():
            soft = self.hidden_teacher[0](x).softmax(1)
        return self.layers(x), soft


teacher = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2)).eval()
model = Student(teacher)
loader = DataLoader(TensorDataset(inputs, labels), batch_size=32, shuffle=True)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(6):
    for x, y in loader:
        optimizer.zero_grad()
        scores, soft = model(x)
        loss = criterion(scores, y)
        loss = loss + 0.1 * functional.kl_div(scores.log_softmax(1), soft, reduction="batchmean")
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
