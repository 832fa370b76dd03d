# Normal or irregular heartbeat: a one-dimensional convolutional net.
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

LENGTH = 128
EPOCHS = 8


class Beats(Dataset):
    def __init__(self, count, seed):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, 2, count)
        t = np.arange(LENGTH)
        self.signals = np.zeros((count, 1, LENGTH), dtype=np.float32)
        for signal, label in zip(self.signals, self.labels):
            gap = rng.uniform(18, 26)
            beats = rng.uniform(0, gap) + gap * np.arange(8)
            if label:
                beats = beats + rng.normal(0, gap / 4, len(beats))
            for beat in beats:
                signal[0] += np.exp(-((t - beat) ** 2) / 4)
            signal += rng.normal(0, 0.1, LENGTH)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return torch.from_numpy(self.signals[i]), torch.tensor(self.labels[i])


def block(channels_in, channels_out):
    return nn.Sequential(
        nn.Conv1d(channels_in, channels_out, kernel_size=7, stride=2, padding=3, bias=False),
        nn.BatchNorm1d(channels_out),
        nn.ReLU(),
    )


class HeartNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(block(1, 16), block(16, 32), block(32, 64))
        self.pool = nn.AdaptiveAvgPool1d(1)
        self.head = nn.Linear(64, 2)

    def forward(self, x):
        return self.head(self.pool(self.blocks(x)).flatten(1))


torch.manual_seed(0)
train_loader = DataLoader(Beats(1500, seed=0), batch_size=32, shuffle=True, drop_last=True)
val_loader = DataLoader(Beats(400, seed=1), batch_size=200)

model = HeartNet()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, max_lr=1e-2, epochs=EPOCHS, steps_per_epoch=len(train_loader)
)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(EPOCHS):
    model.train()
    for signals, labels in train_loader:
        optimizer.zero_grad()
        loss = loss_fn(model(signals), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
    model.eval()
    with torch.inference_mode():
        hits = sum((model(s).argmax(1) == l).sum().item() for s, l in val_loader)
    print(f"epoch {epoch + 1} loss {loss.item():.3f} val accuracy {hits / len(val_loader.dataset):.3f}")
