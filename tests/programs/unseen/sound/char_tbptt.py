"""Character language model over a continuous stream with truncated back-propagation."""
import argparse
import math
import random

import torch
import torch.nn as nn


def make_stream(n_sentences, seed):
    rng = random.Random(seed)
    subjects = ["the cat", "a dog", "my aunt", "the old fox", "one bird"]
    verbs = ["sees", "likes", "follows", "paints"]
    objects = ["the moon", "a river", "green apples", "the house", "small boats"]
    return "".join(
        f"{rng.choice(subjects)} {rng.choice(verbs)} {rng.choice(objects)}. " for _ in range(n_sentences)
    )


class CharModel(nn.Module):
    def __init__(self, vocab, dim=24, hidden=96):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.rnn = nn.LSTM(dim, hidden, batch_first=True)
        self.out = nn.Linear(hidden, vocab)

    def forward(self, ids, state=None):
        h, state = self.rnn(self.embed(ids), state)
        return self.out(h), state


def batchify(ids, rows):
    length = len(ids) // rows
    return ids[: rows * length].view(rows, length)


def windows(data, span):
    for start in range(0, data.size(1) - 1, span):
        stop = min(start + span, data.size(1) - 1)
        yield data[:, start:stop], data[:, start + 1:stop + 1]


def train_epoch(model, data, span, criterion, optimizer):
    model.train()
    state, total, chars = None, 0.0, 0
    for x, y in windows(data, span):
        if state is not None:
            state = tuple(s.detach() for s in state)
        logits, state = model(x, state)
        loss = criterion(logits.transpose(1, 2), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        total += loss.item() * y.numel()
        chars += y.numel()
    return total / chars


@torch.no_grad()
def perplexity(model, data, span, criterion):
    model.eval()
    state, total, chars = None, 0.0, 0
    for x, y in windows(data, span):
        logits, state = model(x, state)
        total += criterion(logits.transpose(1, 2), y).item() * y.numel()
        chars += y.numel()
    return math.exp(total / chars)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--span", type=int, default=32)
    parser.add_argument("--lr", type=float, default=5e-3)
    args = parser.parse_args()
    torch.manual_seed(0)

    text = make_stream(800, seed=1)
    alphabet = sorted(set(text))
    index = {c: i for i, c in enumerate(alphabet)}
    train = batchify(torch.tensor([index[c] for c in text]), args.rows)
    held_out = batchify(torch.tensor([index[c] for c in make_stream(200, seed=2)]), 4)

    model = CharModel(len(alphabet))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        loss = train_epoch(model, train, args.span, criterion, optimizer)
        ppl = perplexity(model, held_out, args.span, criterion)
        print(f"epoch {epoch + 1}: loss {loss:.3f} held-out perplexity {ppl:.2f}")


if __name__ == "__main__":
    main()
