"""Iris with LogSoftmax and NLLLoss, all samples sliced by hand."""
import torch
from sklearn.datasets import load_iris
from torch import nn

SEED = 4
torch.manual_seed(SEED)

iris = load_iris()
order = torch.randperm(len(iris.target))
X = torch.tensor(iris.data, dtype=torch.float32)[order]
y = torch.tensor(iris.target)[order]
X_train, y_train = X[:110], y[:110]
X_test, y_test = X[110:], y[110:]

mu, sigma = X_train.mean(dim=0), X_train.std(dim=0)
X_train = (X_train - mu) / sigma
X_test = (X_test - mu) / sigma

model = nn.Sequential(
    nn.Linear(4, 16),
    nn.Tanh(),
    nn.Linear(16, 3),
    nn.LogSoftmax(dim=1),
)
criterion = nn.NLLLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

batch_size = 10
for epoch in range(60):
    permutation = torch.randperm(X_train.shape[0])
    for i in range(0, X_train.shape[0], batch_size):
        indices = permutation[i:i + batch_size]
        optimizer.zero_grad()
        loss = criterion(model(X_train[indices]), y_train[indices])
        loss.backward()
        optimizer.step()

with torch.no_grad():
    train_accuracy = (model(X_train).argmax(1) == y_train).float().mean()
    test_accuracy = (model(X_test).argmax(1) == y_test).float().mean()
print("train %.3f test %.3f" % (train_accuracy.item(), test_accuracy.item()))
