"""Gradient accumulation: small micro-batches, one optimizer step for four of them."""
import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

MICRO_BATCH = 8
ACCUMULATION_STEPS = 4
EPOCHS = 15


def load(seed=0):
    x, y = make_classification(
        n_samples=1600, n_features=16, n_informative=10, n_classes=3, class_sep=1.8, random_state=seed
    )
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=seed, stratify=y)
    train = TensorDataset(torch.as_tensor(x_train, dtype=torch.float32), torch.as_tensor(y_train))
    test = TensorDataset(torch.as_tensor(x_test, dtype=torch.float32), torch.as_tensor(y_test))
    return train, test


class Classifier(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.body = nn.ModuleList([nn.Linear(features, 64), nn.Linear(64, 64)])
        self.head = nn.Linear(64, classes)

    def forward(self, x):
        for layer in self.body:
            x = torch.relu(layer(x))
        return self.head(x)


def accuracy(model, dataset):
    model.eval()
    x, y = dataset.tensors
    with torch.no_grad():
        return (model(x).argmax(dim=-1) == y).float().mean().item()


def main():
    torch.manual_seed(0)
    train_set, test_set = load()
    loader = DataLoader(train_set, batch_size=MICRO_BATCH, shuffle=True)
    model = Classifier(16, 3)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

    for epoch in range(EPOCHS):
        model.train()
        optimizer.zero_grad()
        for step, (x, y) in enumerate(loader, start=1):
            loss = criterion(model(x), y) / ACCUMULATION_STEPS
            loss.backward()
            if step % ACCUMULATION_STEPS == 0 or step == len(loader):
                optimizer.step()
                optimizer.zero_grad()
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1}: test accuracy {accuracy(model, test_set):.3f}")


if __name__ == "__main__":
    main()
