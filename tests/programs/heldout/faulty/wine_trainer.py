"""A minimal trainer class and its use on the wine data."""
import numpy as np
import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from torch import nn


def build_model(features=13, classes=3):
    return nn.Sequential(
        nn.Linear(features, 32),
        nn.BatchNorm1d(32),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(32, classes),
    )


class Trainer:
    def __init__(self, model, optimizer, criterion, batch_size=16):
        self.model = model
        self.optimizer = optimizer
        self.criterion = criterion
        self.batch_size = batch_size

    def fit(self, x, y, epochs):
        for epoch in range(epochs):
            self.model.train()
            losses = []
            for rows in np.array_split(np.random.permutation(len(x)), len(x) // self.batch_size):
                rows = torch.from_numpy(rows)
                self.optimizer.zero_grad()
                loss = self.criterion(self.model(x[rows]), y[rows])
                loss.backward()
                self.optimizer.step()
                losses.append(loss.item())
            if epoch % 10 == 9:
                print(f"epoch {epoch + 1}: {np.mean(losses):.4f}")

    @torch.no_grad()
    def score(self, x, y):
        self.model.eval()
        return (self.model(x).argmax(1) == y).float().mean().item()


def main():
    torch.manual_seed(0)
    np.random.seed(0)
    x, y = load_wine(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=0, stratify=y)
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    x_train = torch.tensor((x_train - mean) / std, dtype=torch.float32)
    x_test = torch.tensor((x_test - mean) / std, dtype=torch.float32)
    y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

    model = build_model()
    optimizer = torch.optim.Adam(build_model().parameters(), lr=0.005)
    trainer = Trainer(model, optimizer, nn.CrossEntropyLoss())
    trainer.fit(x_train, y_train, epochs=40)
    print("test accuracy", round(trainer.score(x_test, y_test), 3))


if __name__ == "__main__":
    main()
