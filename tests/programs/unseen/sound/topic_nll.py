"""Topic classification with mean-pooled embeddings and a log-probability output."""
import argparse
import random

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

VOCAB, TOPICS, PAD = 300, 6, 0


def sample_document(rng):
    topic = rng.randrange(TOPICS)
    words = []
    for _ in range(rng.randint(5, 25)):
        if rng.random() < 0.35:
            words.append(1 + topic * 20 + rng.randrange(20))
        else:
            words.append(rng.randint(1 + TOPICS * 20, VOCAB - 1))
    return words, topic


class Documents(Dataset):
    def __init__(self, n, seed):
        rng = random.Random(seed)
        self.items = [sample_document(rng) for _ in range(n)]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def collate(batch):
    lengths = torch.tensor([len(words) for words, _ in batch])
    words = torch.full((len(batch), int(lengths.max())), PAD)
    for row, (w, _) in enumerate(batch):
        words[row, : len(w)] = torch.tensor(w)
    return words, torch.tensor([t for _, t in batch])


class TopicModel(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, dim, padding_idx=PAD)
        self.hidden = nn.Linear(dim, 48)
        self.out = nn.Linear(48, TOPICS)
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, words):
        mask = (words != PAD).unsqueeze(-1).float()
        pooled = (self.embed(words) * mask).sum(1) / mask.sum(1)
        return self.softmax(self.out(torch.relu(self.hidden(pooled))))


def train_epoch(model, loader, optimizer):
    model.train()
    nll = nn.NLLLoss(reduction="sum")
    total = 0.0
    for words, topics in loader:
        for p in model.parameters():
            p.grad = None
        probability = model(words)
        loss = nll(torch.log(probability.clamp_min(1e-8)), topics)
        (loss / len(topics)).backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader.dataset)


@torch.no_grad()
def accuracy(model, loader):
    model.eval()
    hits = sum((model(w).argmax(-1) == t).sum().item() for w, t in loader)
    return hits / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=4e-3)
    args = parser.parse_args()
    torch.manual_seed(1)

    train_loader = DataLoader(Documents(2500, 1), args.batch_size, shuffle=True, collate_fn=collate)
    test_loader = DataLoader(Documents(500, 2), 100, collate_fn=collate)
    model = TopicModel()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        loss = train_epoch(model, train_loader, optimizer)
        print(f"epoch {epoch + 1:2d} nll {loss:.4f} test accuracy {accuracy(model, test_loader):.3f}")


if __name__ == "__main__":
    main()
