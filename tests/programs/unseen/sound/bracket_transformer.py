"""Small transformer that decides which bracket kind is left open."""
import argparse
import math
import random

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

PAD, CLS = 0, 1
KINDS = 3
VOCAB = 2 + KINDS + 6


def sample(rng):
    length = rng.randint(6, 18)
    label = rng.randrange(KINDS)
    body = [rng.randint(2 + KINDS, VOCAB - 1) for _ in range(length)]
    spots = rng.sample(range(length), 5)
    others = [k for k in range(KINDS) if k != label]
    marks = [label, label, label, others[0], others[1]]
    for spot, kind in zip(spots, marks):
        body[spot] = 2 + kind
    return torch.tensor([CLS] + body), label


def make_samples(n, seed):
    rng = random.Random(seed)
    return [sample(rng) for _ in range(n)]


def collate(batch):
    tokens = pad_sequence([t for t, _ in batch], batch_first=True, padding_value=PAD)
    return tokens, torch.tensor([y for _, y in batch])


class BracketTransformer(nn.Module):
    def __init__(self, dim=32, heads=4, layers=2, max_len=32):
        super().__init__()
        self.dim = dim
        self.embed = nn.Embedding(VOCAB, dim, padding_idx=PAD)
        self.position = nn.Parameter(torch.randn(max_len, dim) * 0.02)
        layer = nn.TransformerEncoderLayer(dim, heads, 64, dropout=0.1, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, KINDS)

    def forward(self, tokens):
        x = self.embed(tokens) * math.sqrt(self.dim) + self.position[: tokens.size(1)]
        x = self.encoder(x, src_key_padding_mask=tokens == PAD)
        return self.head(self.norm(x[:, 0]))


def warmup_cosine(step, warmup, total):
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        hits = [(model(x).argmax(1) == y).float() for x, y in loader]
    model.train()
    return torch.cat(hits).mean().item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--smoothing", type=float, default=0.1)
    args = parser.parse_args()
    torch.manual_seed(8)

    train_loader = DataLoader(make_samples(2000, 1), args.batch_size, shuffle=True, collate_fn=collate)
    test_loader = DataLoader(make_samples(500, 2), 125, collate_fn=collate)
    model = BracketTransformer()
    criterion = nn.CrossEntropyLoss(label_smoothing=args.smoothing)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, betas=(0.9, 0.98), weight_decay=0.1)
    total = args.epochs * len(train_loader)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: warmup_cosine(s, total // 10, total))

    for epoch in range(args.epochs):
        running = 0.0
        for tokens, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(tokens), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            running += loss.item()
        print(f"epoch {epoch + 1:2d} loss {running / len(train_loader):.3f} accuracy {evaluate(model, test_loader):.3f}")


if __name__ == "__main__":
    main()
