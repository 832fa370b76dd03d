"""Embeddings learned from triplets; evaluated without gradients, on data in its own order."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Triplets(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        self.rows = [torch.nonzero(labels == digit).flatten() for digit in range(10)]

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        label = int(self.labels[index])
        same = self.rows[label]
        other = self.rows[(label + 1 + int(torch.randint(9, ()))) % 10]
        positive = same[torch.randint(len(same), ())]
        negative = other[torch.randint(len(other), ())]
        return self.images[index], self.images[positive], self.images[negative]


digits = load_digits()
images = torch.tensor(digits.data / 16.0, dtype=torch.float32)
labels = torch.tensor(digits.target)
loader = DataLoader(Triplets(images[:1200], labels[:1200]), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.TripletMarginLoss(margin=0.5)
for epoch in range(4):
    model.train()
    for anchor, positive, negative in loader:
        optimizer.zero_grad()
        loss = criterion(model(anchor), model(positive), model(negative))
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    known, asked = model(images[:1200]), model(images[1200:])
    nearest = torch.cdist(asked, known).argmin(1)
    print((labels[:1200][nearest] == labels[1200:]).float().mean().item())
