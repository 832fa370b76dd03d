"""The old model's optimizer steps."""
import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(96, 6), torch.randint(0, 3, (96,))
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
student = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
teacher_optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
student_optimizer = torch.optim.Adam(student.parameters(), lr=0.01)

for epoch in range(4):
    for inputs, targets in loader:
        student.zero_grad()
        criterion(student(inputs), targets).backward()
        teacher_optimizer.step()  # fault also=stray-optimizer,gradients-not-cleared
