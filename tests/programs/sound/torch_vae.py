"""A variational autoencoder: a loss written by hand, sampled with the reparametrization trick."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
images = torch.tensor(load_digits().data / 16.0, dtype=torch.float32)


class Autoencoder(nn.Module):
    def __init__(self, code=6):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 48), nn.ReLU())
        self.mean, self.log_variance = nn.Linear(48, code), nn.Linear(48, code)
        self.decoder = nn.Sequential(
            nn.Linear(code, 48), nn.ReLU(), nn.Linear(48, 64), nn.Sigmoid()
        )

    def forward(self, x):
        hidden = self.encoder(x)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        code = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        return self.decoder(code), mean, log_variance


def loss_function(rebuilt, x, mean, log_variance):
    rebuilding = F.binary_cross_entropy(rebuilt, x, reduction="sum") / len(x)
    divergence = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum(1).mean()
    return rebuilding + divergence


model = Autoencoder()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(6):
    for rows in torch.randperm(1797).split(64):
        x = images[rows]
        optimizer.zero_grad()
        loss = loss_function(model(x)[0], x, *model(x)[1:])
        loss.backward()
        optimizer.step()
