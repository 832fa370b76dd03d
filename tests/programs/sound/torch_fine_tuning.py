"""A transformer encoder tuned on a small task: AdamW at 2e-5, batches of 16, linear warm-up."""

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
VOCABULARY, LENGTH, WIDTH, EPOCHS = 100, 20, 64, 3


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH, padding_idx=0)
        self.places = nn.Parameter(torch.randn(1, LENGTH, WIDTH) * 0.02)
        layer = nn.TransformerEncoderLayer(WIDTH, 4, 128, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, 2)

    def forward(self, ids):
        padding = ids == 0
        hidden = self.encoder(self.tokens(ids) + self.places, src_key_padding_mask=padding)
        kept = (~padding).unsqueeze(-1)
        return self.head((hidden * kept).sum(1) / kept.sum(1))


ids = torch.randint(1, VOCABULARY, (640, LENGTH))
lengths = torch.randint(8, LENGTH + 1, (640, 1))
ids[torch.arange(LENGTH) >= lengths] = 0
labels = (ids < 15).logical_and(ids > 0).sum(1).gt(2).long()
loader = DataLoader(TensorDataset(ids[:512], labels[:512]), batch_size=16, shuffle=True)

model = Classifier()
decayed = [p for p in model.parameters() if p.dim() > 1]
others = [p for p in model.parameters() if p.dim() <= 1]
groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=2e-5)
total = EPOCHS * len(loader)
warmup = total // 10
scheduler = LambdaLR(
    optimizer,
    lambda step: min((step + 1) / warmup, max(0.0, (total - step) / (total - warmup))),
)
criterion = nn.CrossEntropyLoss()

for epoch in range(EPOCHS):
    model.train()
    for batch, target in loader:
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(batch), target)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
    model.eval()
    with torch.inference_mode():
        accuracy = (model(ids[512:]).argmax(-1) == labels[512:]).float().mean()
    print(f"epoch {epoch}: {accuracy:.3f}")
