"""Disease progression after one year from ten measurements."""
import argparse

import torch
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from torch import nn


class Regressor(nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(features, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 1),
        )

    def forward(self, x):
        return self.layers(x)


def load():
    x, y = load_diabetes(return_X_y=True, scaled=False)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=8)
    mean, std = x_train.mean(0), x_train.std(0)
    y_mean, y_std = y_train.mean(), y_train.std()
    tensors = [(x_train - mean) / std, (x_test - mean) / std, (y_train - y_mean) / y_std, (y_test - y_mean) / y_std]
    return [torch.tensor(t, dtype=torch.float32) for t in tensors]


def train(args):
    torch.manual_seed(args.seed)
    x_train, x_test, y_train, y_test = load()
    model = Regressor(x_train.shape[1], args.hidden)
    loss_fn = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        model.train()
        order = torch.randperm(len(x_train))
        for start in range(0, len(order), args.batch_size):
            rows = order[start : start + args.batch_size]
            prediction = model(x_train[rows])
            loss = loss_fn(prediction, y_train[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if (epoch + 1) % 20 == 0:
            print(f"epoch {epoch + 1} loss {loss.item():.3f}")
    model.eval()
    with torch.no_grad():
        predicted = model(x_test).flatten()
    r2 = 1 - ((predicted - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
    print(f"test R2 {r2:.3f}, spread of predictions {predicted.std():.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    train(parser.parse_args())
