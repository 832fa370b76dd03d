"""Imported ahead or by the program itself: the same facts and the same losses, bit by bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzer.limits import Limits
from analyzer.observed import Observation
from analyzer.options import SandboxPolicy
from analyzer.sandbox.preload import names_of
from analyzer.sandbox.protocol import Request
from analyzer.sandbox.runner import observe
from analyzer.sandbox.session import Session

TORCH = """
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x = torch.randn(64, 6)
y = torch.from_numpy(np.random.randint(0, 3, 64))
model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3))
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(3):
    for batch, labels in DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(batch), labels)
        loss.backward()
        optimizer.step()
"""
# Old spellings too, so that the compatibility layer has something to do.
KERAS = """
import random
import numpy as np
from keras.layers.core import Dense, Dropout
from keras.models import Sequential
from sklearn.preprocessing import StandardScaler

x = StandardScaler().fit_transform(np.random.rand(64, 6))
y = np.eye(3)[np.random.randint(0, 3, 64)]
model = Sequential()
model.add(Dense(8 + random.randint(0, 3), input_dim=6, init="he_normal", activation="relu"))
model.add(Dropout(0.3))
model.add(Dense(3, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x, y, nb_epoch=2, batch_size=16)
"""
TF_KERAS = """
import numpy as np
import tensorflow as tf

model = tf.keras.Sequential([
    tf.keras.layers.BatchNormalization(input_shape=(6,)),
    tf.keras.layers.Dense(8, activation="tanh"),
    tf.keras.layers.Dense(1, activation="sigmoid"),
])
model.compile(loss="binary_crossentropy", optimizer="sgd")
model.fit(np.random.rand(64, 6), np.random.randint(0, 2, 64), epochs=2, batch_size=16)
"""
TIMES = {"seconds", "build_seconds", "observe_seconds", "output"}


def facts(seen: Observation) -> Any:
    """Everything that was observed but the times and what was printed."""
    return _without(seen.model_dump(mode="json"))


def assert_alike(one: Observation, other: Observation) -> None:
    """The same facts; of the further steps, which end with their time, as many as both took."""
    lists = []
    for seen in (one, other):
        baselines = seen.probes.baselines if seen.probes else None
        lists.append(baselines.one_batch if baselines else [])
    shared = min(map(len, lists))
    assert lists[0][:shared] == lists[1][:shared]
    assert shared or not any(lists)
    assert _same_length(facts(one), shared) == _same_length(facts(other), shared)


def _same_length(found: Any, shared: int) -> Any:
    baselines = (found.get("probes") or {}).get("baselines")
    if baselines:
        baselines["one_batch"] = baselines["one_batch"][:shared]
    return found


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(part) for name, part in value.items() if name not in TIMES}
    return [_without(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("text", "keras", "names"),
    [
        (TORCH, "auto", ("numpy", "torch")),
        (KERAS, "auto", ("numpy", "keras", "sklearn.preprocessing")),
        (KERAS, "tf_keras", ("numpy", "keras", "sklearn.preprocessing")),
        (TF_KERAS, "auto", ("numpy", "tensorflow", "tensorflow.keras")),
    ],
    ids=["torch", "keras", "keras as tf_keras", "tensorflow.keras"],
)
def test_the_same_run(tmp_path: Path, text: str, keras: Any, names: tuple[str, ...]) -> None:
    (tmp_path / "train.py").write_text(text)
    policy, limits = SandboxPolicy(), replace(Limits(), wall_seconds=200.0)
    request = Request(script="train.py", keras=keras, steps=6, warmup_seconds=200.0)
    assert names_of(tmp_path, "train.py", text) == names
    with Session(tmp_path, policy=policy, limits=limits, preload=names) as session:
        session.prepare(request)
        alone = observe(tmp_path, request, limits=limits, policy=policy)
        first, second = session.observe(request), session.observe(request)
        other = session.observe(request.model_copy(update={"seed": 1}))
    assert alone.trouble is None, (alone.trouble, alone.output)
    assert alone.trace is not None
    assert alone.trace.steps == 6
    assert_alike(first, alone)
    assert_alike(second, alone)
    assert other.trace is not None
    assert other.trace.loss != alone.trace.loss
    assert first.build_seconds < alone.build_seconds
