"""Generative adversarial network for points on a noisy ring."""
import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F


def real_batch(n, generator=None):
    angle = torch.rand(n, generator=generator) * 2 * torch.pi
    radius = 2.0 + 0.1 * torch.randn(n, generator=generator)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)


class Generator(nn.Module):
    def __init__(self, latent=8, width=64):
        super().__init__()
        self.latent = latent
        self.net = nn.Sequential(
            nn.Linear(latent, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2)
        )

    def forward(self, n):
        return self.net(torch.randn(n, self.latent))


class Discriminator(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(2, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2), nn.Linear(width, 1)
        )

    def forward(self, x):
        return self.net(x).squeeze(1)


def discriminator_step(gen, disc, opt_d, n):
    real, fake = real_batch(n), gen(n).detach()
    loss = F.softplus(-disc(real)).mean() + F.softplus(disc(fake)).mean()
    opt_d.zero_grad()
    loss.backward()
    opt_d.step()
    return loss.item()


def generator_step(gen, disc, opt_g, n):
    loss = F.softplus(-disc(gen(n))).mean()
    opt_g.zero_grad()
    loss.backward()
    opt_g.step()
    return loss.item()


@torch.no_grad()
def ring_statistics(gen, n=2000):
    points = gen(n)
    radius = points.norm(dim=1)
    sector = ((torch.atan2(points[:, 1], points[:, 0]) + torch.pi) / (2 * torch.pi) * 12).long().clamp(0, 11)
    share = torch.bincount(sector, minlength=12).float() / n
    return radius.mean().item(), radius.std().item(), int((share > 0.02).sum())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--lr-g", type=float, default=5e-4)
    parser.add_argument("--lr-d", type=float, default=1e-3)
    parser.add_argument("--log-every", type=int, default=500)
    args = parser.parse_args()

    torch.manual_seed(4)
    gen, disc = Generator(), Discriminator()
    opt_g = torch.optim.Adam(gen.parameters(), lr=args.lr_g, betas=(0.5, 0.9))
    opt_d = torch.optim.Adam(disc.parameters(), lr=args.lr_d, betas=(0.5, 0.9))
    print("before: radius %.2f +- %.2f, sectors %d" % ring_statistics(gen))
    for step in range(1, args.steps + 1):
        d_loss = discriminator_step(gen, disc, opt_d, args.batch_size)
        g_loss = generator_step(gen, disc, opt_g, args.batch_size)
        if step % args.log_every == 0:
            mean, std, sectors = ring_statistics(gen)
            print(f"{step:5d} d {d_loss:.3f} g {g_loss:.3f} | radius {mean:.2f} +- {std:.2f} sectors {sectors}/12")


if __name__ == "__main__":
    main()
