"""Variational autoencoder for 8x8 digits."""
import argparse
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class VAEConfig:
    latent: int = 8
    hidden: int = 96
    epochs: int = 40
    batch_size: int = 64
    lr: float = 1e-3
    beta: float = 1.0


class VAE(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, cfg.hidden), nn.ReLU(), nn.Linear(cfg.hidden, cfg.hidden), nn.ReLU())
        self.mu = nn.Linear(cfg.hidden, cfg.latent)
        self.logvar = nn.Linear(cfg.hidden, cfg.latent)
        self.dec = nn.Sequential(
            nn.Linear(cfg.latent, cfg.hidden), nn.ReLU(),
            nn.Linear(cfg.hidden, cfg.hidden), nn.ReLU(),
            nn.Linear(cfg.hidden, 64), nn.Sigmoid(),
        )

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        if self.training:
            z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        else:
            z = mu
        return self.dec(z), mu, logvar


def vae_loss(recon, x, mu, logvar, beta):
    rec = F.mse_loss(recon, x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return rec + beta * kl, rec, kl


def load(cfg):
    images = torch.tensor(load_digits().data / 16.0, dtype=torch.float32)
    train, test = train_test_split(images, test_size=0.2, random_state=0)
    return (
        DataLoader(TensorDataset(train), cfg.batch_size, shuffle=True),
        DataLoader(TensorDataset(test), 256),
    )


def train_epoch(model, loader, optimizer, beta):
    model.train()
    sums = torch.zeros(3)
    for (x,) in loader:
        recon, mu, logvar = model(x)
        loss, rec, kl = vae_loss(recon, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        sums += torch.stack([loss.detach(), rec.detach(), kl.detach()])
    return (sums / len(loader)).tolist()


@torch.no_grad()
def reconstruction_error(model, loader):
    model.eval()
    err, spread, n = 0.0, 0.0, 0
    for (x,) in loader:
        recon, _, _ = model(x)
        err += F.mse_loss(recon, x, reduction="sum").item()
        spread += recon.std(dim=0).mean().item() * len(x)
        n += len(x)
    return err / (n * 64), spread / n


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=VAEConfig.epochs)
    parser.add_argument("--latent", type=int, default=VAEConfig.latent)
    args = parser.parse_args()
    cfg = VAEConfig(latent=args.latent, epochs=args.epochs)

    torch.manual_seed(13)
    train_loader, test_loader = load(cfg)
    model = VAE(cfg)
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    for epoch in range(1, cfg.epochs + 1):
        loss, rec, kl = train_epoch(model, train_loader, optimizer, cfg.beta)
        if epoch % 5 == 0:
            err, spread = reconstruction_error(model, test_loader)
            print(f"{epoch:3d} loss {loss:.4f} rec {rec:.4f} kl {kl:.4f} | test mse {err:.4f} spread {spread:.4f}")


if __name__ == "__main__":
    main()
