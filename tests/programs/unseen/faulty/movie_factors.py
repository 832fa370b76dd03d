"""Rating prediction by matrix factorisation on simulated viewers."""
import argparse

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def simulate_ratings(n_users, n_items, rank, n_ratings, seed):
    rng = np.random.default_rng(seed)
    taste = rng.normal(size=(n_users, rank)) / np.sqrt(rank)
    style = rng.normal(size=(n_items, rank))
    users = rng.integers(0, n_users, n_ratings)
    items = rng.integers(0, n_items, n_ratings)
    score = (taste[users] * style[items]).sum(axis=1) + rng.normal(0, 0.1, n_ratings)
    return users, items, (3.0 + score).astype(np.float32)


class FactorModel(nn.Module):
    def __init__(self, n_users, n_items, rank=8, mean=3.0):
        super().__init__()
        self.tables = {
            "user": nn.Embedding(n_users, rank),
            "item": nn.Embedding(n_items, rank),
        }
        for table in self.tables.values():
            nn.init.normal_(table.weight, std=0.1)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.item_bias.weight)
        self.register_buffer("mean", torch.tensor(mean))

    def forward(self, users, items):
        dot = (self.tables["user"](users) * self.tables["item"](items)).sum(dim=1)
        bias = self.user_bias(users) + self.item_bias(items)
        return self.mean + dot + bias.squeeze(1)


def train_epoch(model, loader, loss_fn, optimizer):
    model.train()
    total = 0.0
    for users, items, ratings in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(users, items), ratings)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(ratings)
    return (total / len(loader.dataset)) ** 0.5


@torch.no_grad()
def rmse(model, loader):
    model.eval()
    sq = sum(((model(u, i) - r) ** 2).sum().item() for u, i, r in loader)
    return (sq / len(loader.dataset)) ** 0.5


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--items", type=int, default=120)
    parser.add_argument("--rank", type=int, default=4)
    parser.add_argument("--ratings", type=int, default=14000)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-2)
    args = parser.parse_args()

    torch.manual_seed(2)
    users, items, ratings = simulate_ratings(args.users, args.items, args.rank, args.ratings, seed=4)
    data = TensorDataset(torch.from_numpy(users), torch.from_numpy(items), torch.from_numpy(ratings))
    n_val = len(data) // 5
    train_set, val_set = random_split(data, [len(data) - n_val, n_val])
    train_loader = DataLoader(train_set, args.batch_size, shuffle=True)
    val_loader = DataLoader(val_set, 1024)

    model = FactorModel(args.users, args.items, rank=8, mean=float(ratings.mean()))
    loss_fn = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr, weight_decay=1e-6)
    for epoch in range(1, args.epochs + 1):
        train_rmse = train_epoch(model, train_loader, loss_fn, optimizer)
        print(f"epoch {epoch:2d}  train rmse {train_rmse:.3f}  val rmse {rmse(model, val_loader):.3f}")
    print(f"rating standard deviation {ratings.std():.3f}")


if __name__ == "__main__":
    main()
