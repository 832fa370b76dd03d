"""Two networks against each other, each with its own optimizer and its own backward pass."""

import torch
from torch import nn

torch.manual_seed(6)
NOISE, BATCH = 8, 64


def mlp(inputs, outputs):
    return nn.Sequential(
        nn.Linear(inputs, 64),
        nn.LeakyReLU(0.2),
        nn.Linear(64, 64),
        nn.LeakyReLU(0.2),
        nn.Linear(64, outputs),
    )


generator, critic = mlp(NOISE, 2), mlp(2, 1)
generator_optimizer = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
critic_optimizer = torch.optim.Adam(critic.parameters(), lr=2e-4, betas=(0.5, 0.999))
criterion = nn.BCEWithLogitsLoss()
real_label, fake_label = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)

for step in range(300):
    angle = torch.rand(BATCH, 1) * 6.2832
    real = torch.cat([angle.cos(), angle.sin()], 1) + 0.02 * torch.randn(BATCH, 2)
    fake = generator(torch.randn(BATCH, NOISE))

    critic_optimizer.zero_grad()
    critic_loss = criterion(critic(real), real_label) + criterion(critic(fake.detach()), fake_label)
    critic_loss.backward()
    critic_optimizer.step()

    generator_optimizer.zero_grad()
    generator_loss = criterion(critic(fake), real_label)
    generator_loss.backward()
    generator_optimizer.step()
