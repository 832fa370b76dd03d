"""Several labels per sample: raw scores, BCEWithLogitsLoss with weights for rare labels."""

import torch
from sklearn.datasets import make_multilabel_classification
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

x, y = make_multilabel_classification(1500, 20, n_classes=6, random_state=14)
train, test = range(1200), range(1200, 1500)
scaler = StandardScaler().fit(x[:1200])
data = TensorDataset(torch.from_numpy(scaler.transform(x)).float(), torch.from_numpy(y).float())
loader = DataLoader(Subset(data, train), batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 6))
share = torch.from_numpy(y[:1200]).float().mean(0)
criterion = nn.BCEWithLogitsLoss(pos_weight=(1 - share) / share)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)

for epoch in range(10):
    model.train()
    for features, targets in loader:
        loss = criterion(model(features), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        features, targets = data[list(test)]
        predicted = torch.sigmoid(model(features)) > 0.5
        print(epoch, (predicted == targets.bool()).float().mean().item())
