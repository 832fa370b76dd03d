"""Which symbol occurs most often? A small transformer encoder over padded sequences."""
import math

import torch
from torch import nn

PAD, SYMBOLS, MAX_LEN = 0, 4, 16


def make_data(count, generator):
    """Token ids 1..4, right-padded with 0; the label is the most frequent symbol."""
    x = torch.zeros(count, MAX_LEN, dtype=torch.long)
    y = torch.zeros(count, dtype=torch.long)
    for row in range(count):
        length = int(torch.randint(9, MAX_LEN + 1, (1,), generator=generator))
        winner = int(torch.randint(0, SYMBOLS, (1,), generator=generator))
        tokens = torch.randint(0, SYMBOLS, (length,), generator=generator)
        tokens[: length // 2] = winner
        tokens = tokens[torch.randperm(length, generator=generator)]
        x[row, :length] = tokens + 1
        y[row] = torch.bincount(tokens, minlength=SYMBOLS).argmax()
    return x, y


class PositionalEncoding(nn.Module):
    def __init__(self, width, max_len):
        super().__init__()
        position = torch.arange(max_len).unsqueeze(1)
        scale = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
        table = torch.zeros(max_len, width)
        table[:, 0::2] = torch.sin(position * scale)
        table[:, 1::2] = torch.cos(position * scale)
        self.register_buffer("table", table)

    def forward(self, x):
        return x + self.table[: x.size(1)]


class SequenceClassifier(nn.Module):
    def __init__(self, width=32, heads=4, layers=2):
        super().__init__()
        self.embedding = nn.Embedding(SYMBOLS + 1, width, padding_idx=PAD)
        self.position = PositionalEncoding(width, MAX_LEN)
        layer = nn.TransformerEncoderLayer(width, heads, dim_feedforward=64, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, SYMBOLS)

    def forward(self, tokens):
        padding = tokens == PAD
        x = self.encoder(self.position(self.embedding(tokens)), src_key_padding_mask=padding)
        x = x.masked_fill(padding.unsqueeze(-1), 0.0).sum(1) / (~padding).sum(1, keepdim=True)
        return self.head(x)


def main():
    torch.manual_seed(2)
    generator = torch.Generator().manual_seed(2)
    x_train, y_train = make_data(1600, generator)
    x_val, y_val = make_data(400, generator)
    model = SequenceClassifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss_fn = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(6):
        model.train()
        for rows in torch.randperm(len(x_train), generator=generator).split(32):
            optimizer.zero_grad()
            loss_fn(model(x_train[rows]), y_train[rows]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            accuracy = (model(x_val).argmax(-1) == y_val).float().mean().item()
        print(f"epoch {epoch + 1:2d} validation accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
