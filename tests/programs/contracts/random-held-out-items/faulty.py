"""Validation reads from the augmenting dataset."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

torch.manual_seed(0)
pictures = torch.randn(300, 1, 8, 8)
classes = (pictures.mean((1, 2, 3)) > 0).long()


class Pictures(Dataset):
    def __init__(self, augment):
        self.augment = augment

    def __len__(self):
        return len(pictures)

    def __getitem__(self, index):
        picture = pictures[index]
        if self.augment:
            picture = torch.roll(picture, int(torch.randint(-2, 3, ())), dims=2)
            picture = picture + 0.1 * torch.randn(picture.shape)
        return picture, classes[index]


train_set, val_set = random_split(Pictures(augment=True), [220, 80])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
val_loader = DataLoader(val_set, batch_size=32)  # fault

model = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 2)
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()

for _ in range(4):
    model.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        criterion(model(inputs), targets).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader))
