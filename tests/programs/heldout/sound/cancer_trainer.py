import torch
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn


class Config:
    hidden = 32
    dropout = 0.3
    lr = 1e-3
    weight_decay = 1e-4
    batch_size = 16
    epochs = 25


class Classifier(nn.Module):
    def __init__(self, features, config):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(features, config.hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, 1),
        )

    def forward(self, x):
        return self.net(x).squeeze(1)


class Trainer:
    def __init__(self, model, config):
        self.model, self.config = model, config
        self.loss_fn = nn.BCEWithLogitsLoss()
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=config.lr, weight_decay=config.weight_decay)

    def batches(self, x, y, shuffle):
        order = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
        for chunk in order.split(self.config.batch_size):
            yield x[chunk], y[chunk]

    def train_epoch(self, x, y):
        self.model.train()
        for inputs, targets in self.batches(x, y, shuffle=True):
            loss = self.loss_fn(self.model(inputs), targets)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()

    @torch.no_grad()
    def probabilities(self, x, y):
        self.model.eval()
        return torch.cat([torch.sigmoid(self.model(inputs)) for inputs, _ in self.batches(x, y, shuffle=False)])

    def fit(self, train, valid):
        for epoch in range(self.config.epochs):
            self.train_epoch(*train)
        p = self.probabilities(*valid)
        hits = ((p > 0.5).float() == valid[1]).float().mean().item()
        print(f"validation accuracy {hits:.3f}, AUC {roc_auc_score(valid[1].numpy(), p.numpy()):.3f}")


if __name__ == "__main__":
    torch.manual_seed(10)
    x, y = load_breast_cancer(return_X_y=True)
    x_train, x_valid, y_train, y_valid = train_test_split(x, y, test_size=0.2, random_state=10, stratify=y)
    scaler = StandardScaler().fit(x_train)
    to_tensor = lambda a: torch.tensor(a, dtype=torch.float32)
    train = to_tensor(scaler.transform(x_train)), to_tensor(y_train)
    valid = to_tensor(scaler.transform(x_valid)), to_tensor(y_valid)
    Trainer(Classifier(x.shape[1], Config), Config).fit(train, valid)
