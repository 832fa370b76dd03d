"""Token tagging for short commands with a bidirectional LSTM."""
import argparse
import random

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

PAD = 0
VOCAB = 60
TAGS = ["<pad>", "other", "place", "time", "item", "person"]
MAX_LEN = 48


def sample_sentence(rng):
    """Trigger words fix the tag of the following token; most words fit many tags."""
    length = rng.randint(4, 10) if rng.random() < 0.95 else MAX_LEN
    words, tags = [], []
    current = 1
    for _ in range(length):
        if rng.random() < 0.45:
            trigger = rng.randint(1, 8)
            words.append(trigger)
            tags.append(1)
            current = 2 + (trigger * 3) % 4
        else:
            words.append(rng.randint(9, VOCAB - 1))
            flip = rng.random() < 0.35
            tags.append(rng.randint(1, 5) if flip else current)
            current = 1 + (current + words[-1]) % 5
    return words, tags


class CommandDataset(Dataset):
    def __init__(self, n, seed):
        rng = random.Random(seed)
        self.samples = [sample_sentence(rng) for _ in range(n)]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        words, tags = self.samples[i]
        return torch.tensor(words), torch.tensor(tags)


def collate(batch):
    words, tags = zip(*batch)
    words = pad_sequence(words, batch_first=True, padding_value=PAD)
    tags = pad_sequence(tags, batch_first=True, padding_value=PAD)
    return words, tags


class Tagger(nn.Module):
    def __init__(self, vocab=VOCAB, dim=24, hidden=24, n_tags=len(TAGS)):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim, padding_idx=PAD)
        self.lstm = nn.LSTM(dim, hidden, batch_first=True, bidirectional=True)
        self.proj = nn.Linear(2 * hidden, n_tags)

    def forward(self, words):
        states, _ = self.lstm(self.embed(words))
        return self.proj(states)


def train(model, loader, criterion, optimizer):
    model.train()
    total = 0.0
    for words, tags in loader:
        optimizer.zero_grad()
        logits = model(words)
        loss = criterion(logits.reshape(-1, logits.size(-1)), tags.reshape(-1))
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    right, count = 0, 0
    for words, tags in loader:
        guess = model(words).argmax(dim=-1)
        right += (guess == tags).sum().item()
        count += tags.numel()
    return right / count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--batch-size", type=int, default=64)
    args = parser.parse_args()
    torch.manual_seed(5)

    train_loader = DataLoader(CommandDataset(1500, 1), args.batch_size, shuffle=True, collate_fn=collate)
    dev_loader = DataLoader(CommandDataset(500, 2), args.batch_size, collate_fn=collate)
    model = Tagger()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)

    for epoch in range(args.epochs):
        loss = train(model, train_loader, criterion, optimizer)
        acc = evaluate(model, dev_loader)
        print(f"epoch {epoch + 1}: loss {loss:.4f}  tag accuracy {acc:.3f}")


if __name__ == "__main__":
    main()
