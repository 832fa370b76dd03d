"""Truncated back-propagation through time: the hidden state goes on, its history does not."""

import torch
from torch import nn

torch.manual_seed(4)
VOCABULARY, BATCH, WINDOW = 20, 16, 12
stream = (torch.arange(BATCH * 400) * 3 % VOCABULARY).view(BATCH, -1)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 24)
        self.recurrent = nn.GRU(24, 48, batch_first=True)
        self.decoder = nn.Linear(48, VOCABULARY)

    def forward(self, tokens, state=None):
        hidden, state = self.recurrent(self.embedding(tokens), state)
        return self.decoder(hidden), state


model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(2):
    state = None
    for start in range(0, stream.size(1) - WINDOW - 1, WINDOW):
        inputs = stream[:, start : start + WINDOW]
        targets = stream[:, start + 1 : start + WINDOW + 1]
        if state is not None:
            state = state.detach()
        logits, state = model(inputs, state)
        loss = criterion(logits.reshape(-1, VOCABULARY), targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
