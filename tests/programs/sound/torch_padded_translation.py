"""Padded sequences: a key padding mask, a causal mask, and padding left out of the loss."""

import torch
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(3)
PAD, BEGIN, END, VOCABULARY, WIDTH = 0, 1, 2, 30, 48


def pair():
    words = torch.randint(3, VOCABULARY, (int(torch.randint(4, 10, ())),))
    return words, torch.cat([torch.tensor([BEGIN]), words.flip(0), torch.tensor([END])])


def collate(pairs):
    sources, targets = zip(*pairs)
    pad = nn.utils.rnn.pad_sequence
    return pad(sources, True, PAD), pad(targets, True, PAD)


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH, padding_idx=PAD)
        self.places = nn.Embedding(16, WIDTH)
        self.body = nn.Transformer(WIDTH, 4, 1, 1, 96, 0.1, batch_first=True)
        self.output = nn.Linear(WIDTH, VOCABULARY)

    def embed(self, ids):
        return self.words(ids) + self.places(torch.arange(ids.size(1)))

    def forward(self, source, target):
        causal = torch.triu(torch.ones(target.size(1), target.size(1), dtype=torch.bool), 1)
        hidden = self.body(
            self.embed(source),
            self.embed(target),
            tgt_mask=causal,
            src_key_padding_mask=source == PAD,
            tgt_key_padding_mask=target == PAD,
            memory_key_padding_mask=source == PAD,
        )
        return self.output(hidden)


loader = DataLoader([pair() for _ in range(800)], batch_size=32, shuffle=True, collate_fn=collate)
model = Translator()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-4, betas=(0.9, 0.98))
criterion = nn.CrossEntropyLoss(ignore_index=PAD)
for epoch in range(3):
    model.train()
    for source, target in loader:
        logits = model(source, target[:, :-1])
        loss = criterion(logits.flatten(0, 1), target[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
