"""An autoencoder whose decoder reuses the encoder's matrices, transposed."""
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, random_split


class TiedAutoencoder(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.weights = nn.ParameterList(
            [nn.Parameter(torch.empty(b, a)) for a, b in zip(sizes[:-1], sizes[1:])]
        )
        self.down_bias = nn.ParameterList([nn.Parameter(torch.zeros(b)) for b in sizes[1:]])
        self.up_bias = nn.ParameterList([nn.Parameter(torch.zeros(a)) for a in sizes[:-1]])
        for weight in self.weights:
            nn.init.xavier_uniform_(weight)

    def encode(self, x):
        for weight, bias in zip(self.weights, self.down_bias):
            x = F.elu(F.linear(x, weight, bias))
        return x

    def decode(self, code):
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(reversed(self.weights), reversed(self.up_bias))):
            code = F.linear(code, weight.t(), bias)
            code = torch.sigmoid(code) if i == last else F.elu(code)
        return code

    def forward(self, x):
        return self.decode(self.encode(x))


def epoch_loss(model, loader, optimizer=None):
    model.train(optimizer is not None)
    total, count = 0.0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for x in loader:
            loss = F.mse_loss(model(x), x)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total += loss.item() * len(x)
            count += len(x)
    return total / count


if __name__ == "__main__":
    torch.manual_seed(0)
    pixels = torch.tensor(load_digits().data / 16.0, dtype=torch.float32)
    train_set, val_set = random_split(pixels, [1500, 297])
    train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=297)
    model = TiedAutoencoder([64, 40, 12])
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=3)
    for epoch in range(40):
        train_loss = epoch_loss(model, train_loader, optimizer)
        val_loss = epoch_loss(model, val_loader)
        scheduler.step(val_loss)
    print(f"train {train_loss:.4f} validation {val_loss:.4f} variance {pixels.var():.4f}")
