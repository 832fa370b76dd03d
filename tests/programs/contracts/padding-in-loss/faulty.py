"""Next tokens with padding 0, which the loss counts."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
tokens = torch.randint(1, 30, (256, 17))
tokens[:, 1:] = (tokens[:, :1] * torch.arange(2, 18)) % 29 + 1
lengths = torch.randint(5, 17, (256, 1))
tokens[torch.arange(17) >= lengths] = 0

loader = DataLoader(TensorDataset(tokens[:, :-1], tokens[:, 1:]), batch_size=32, shuffle=True)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(30, 32)
        self.places = nn.Embedding(17, 32)
        self.mix = nn.TransformerEncoderLayer(32, 4, 64, 0.0, batch_first=True)
        self.head = nn.Linear(32, 30)

    def forward(self, tokens):
        places = torch.arange(tokens.shape[1], device=tokens.device)
        hidden = self.embed(tokens) + self.places(places)
        mask = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1])
        hidden = self.mix(hidden, src_mask=mask, is_causal=True)
        return self.head(hidden)


model = Model()
criterion = nn.CrossEntropyLoss()  # fault
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for _ in range(3):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
