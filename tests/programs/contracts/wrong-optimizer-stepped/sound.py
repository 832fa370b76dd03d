"""Generator and critic take turns; each clears its own gradients."""
import torch
from torch import nn

torch.manual_seed(0)
real = torch.randn(128, 2) * 0.3 + 1.0
generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
generator_optimizer = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
critic_optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.999))
criterion = nn.BCEWithLogitsLoss()
loader = torch.utils.data.DataLoader(real, batch_size=16, shuffle=True)

for epoch in range(3):
    for samples in loader:
        count = len(samples)
        critic_optimizer.zero_grad()
        fake = generator(torch.randn(count, 4))
        criterion(critic(samples), torch.ones(count, 1)).backward()
        criterion(critic(fake.detach()), torch.zeros(count, 1)).backward()
        critic_optimizer.step()

        generator_optimizer.zero_grad()
        criterion(critic(fake), torch.ones(count, 1)).backward()
        generator_optimizer.step()
