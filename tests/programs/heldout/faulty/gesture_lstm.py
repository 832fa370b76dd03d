# Which gesture? Classify short three-axis accelerometer recordings with an LSTM.
import numpy as np
import torch
import torch.nn as nn

SEQ_LEN = 40
AXES = 3
HIDDEN = 48
LEARNING_RATE = 0.5
NUM_EPOCHS = 10


def record(gesture, rng):
    t = np.linspace(0, 1, SEQ_LEN)
    phase = rng.uniform(0, 2 * np.pi)
    speed = (2, 3, 5)[gesture]
    x = np.sin(2 * np.pi * speed * t + phase)
    y = np.cos(2 * np.pi * speed * t + phase) * (0.2 if gesture == 1 else 1.0)
    z = t * (1 if gesture == 2 else -1)
    return np.stack([x, y, z], axis=0) + rng.normal(0, 0.3, (AXES, SEQ_LEN))


def make_batch(count, seed):
    rng = np.random.default_rng(seed)
    gestures = rng.integers(0, 3, count)
    signals = np.stack([record(g, rng) for g in gestures])
    return torch.tensor(signals, dtype=torch.float32), torch.tensor(gestures)


class GestureLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=AXES, hidden_size=HIDDEN, num_layers=1, batch_first=True)
        self.fc = nn.Linear(HIDDEN, 3)

    def forward(self, signal):
        # (batch, axes, time) -> (batch, time, axes)
        steps = signal.reshape(signal.size(0), SEQ_LEN, AXES)
        output, _ = self.lstm(steps)
        return self.fc(output[:, -1])


torch.manual_seed(6)
train_x, train_y = make_batch(900, seed=6)
test_x, test_y = make_batch(300, seed=60)

model = GestureLSTM()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)

for epoch in range(NUM_EPOCHS):
    permutation = torch.randperm(train_x.size(0))
    epoch_loss = 0.0
    for i in range(0, train_x.size(0), 50):
        index = permutation[i:i + 50]
        optimizer.zero_grad()
        loss = loss_fn(model(train_x[index]), train_y[index])
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    print("epoch %d loss %.3f" % (epoch + 1, epoch_loss / 18))

model.eval()
with torch.no_grad():
    print("test accuracy %.3f" % (model(test_x).argmax(dim=1) == test_y).float().mean().item())
