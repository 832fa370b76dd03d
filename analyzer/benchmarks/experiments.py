"""How many before-and-after pairs a minute: a small MLP on 1,000 samples, PyTorch and Keras.

The runs are those of a review: the same bounds, the same warm sandboxes, one for each side of a
pair, so that a pair uses two cores.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import UsageError
from analyzer.experiments.runs import NotMeasured, Trainings
from analyzer.options import SandboxPolicy
from analyzer.sandbox.preload import names_of
from analyzer.sandbox.protocol import ExperimentRequest, Request
from analyzer.sandbox.session import Session

TORCH = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

generator = torch.Generator().manual_seed(3)
x = torch.randn(1000, 20, generator=generator)
y = (x @ torch.randn(20, 3, generator=generator)).argmax(dim=1)
loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(50):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        optimizer.step()
"""

KERAS = """
import keras
import numpy as np

rng = np.random.RandomState(3)
x = rng.randn(1000, 20).astype("float32")
y = (x @ rng.randn(20, 3)).argmax(axis=1)
model = keras.Sequential(
    [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(3, activation="softmax")]
)
model.compile(optimizer=keras.optimizers.Adam(RATE), loss="sparse_categorical_crossentropy")
model.fit(x, y, epochs=50, batch_size=32)
"""

PROGRAMS = {"PyTorch": TORCH, "Keras": KERAS}
RATES = ("1e-5", "1e-3")
"""Before and after: the pair differs in its learning rate."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What one program's pairs took.

    Attributes:
        pairs: finished pairs; seconds: the time they took, without starting the sandboxes.
        started: seconds until the sandboxes had imported the framework and run the first pair.
    """

    framework: str
    pairs: int
    seconds: float
    started: float

    @property
    def per_minute(self) -> float:
        """Pairs a minute."""
        return 60.0 * self.pairs / self.seconds


def measure_pace(
    policy: SandboxPolicy, seconds: float, say: Callable[[str], None]
) -> tuple[Pace, ...]:
    """Run pairs of each program for so many seconds.

    Raises:
        UsageError: a program cannot be measured here.
    """
    return tuple(_pace(name, text, policy, seconds, say) for name, text in PROGRAMS.items())


def _pace(
    framework: str, text: str, policy: SandboxPolicy, seconds: float, say: Callable[[str], None]
) -> Pace:
    with tempfile.TemporaryDirectory(prefix="faultline-bench-") as folder, ExitStack() as stack:
        root = Path(folder)
        sides = [text.replace("RATE", rate) for rate in RATES]
        (root / "train.py").write_text(sides[0], "utf-8")
        names = names_of(root, "train.py", sides[0])
        one, other = (
            stack.enter_context(Session(root, policy=policy, preload=names)) for _ in range(2)
        )
        asked = ExperimentRequest(problem="multiclass")
        request = Request(script="train.py")
        trainings = Trainings(request, one.observe, asked, float("inf"), other=other.observe)
        began = time.monotonic()
        _pair(trainings, sides[1], 0)
        _pair(trainings, sides[1], 1)
        started = time.monotonic() - began
        say(f"{framework}: started in {started:.1f} s")
        began, pairs = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            _pair(trainings, sides[1], 2 + pairs)
            pairs += 1
        return Pace(framework, pairs, time.monotonic() - began, started)


def _pair(trainings: Trainings, after: str, seed: int) -> None:
    for side in trainings.pair({}, {"train.py": after}, seed):
        if isinstance(side, NotMeasured):
            raise UsageError(f"bench experiments: a pair could not be measured: {side.reason}")


def pace_table(paces: tuple[Pace, ...]) -> str:
    """Markdown: pairs a minute per framework."""
    rows = [
        f"MLP 20-64-3, 1,000 samples, 300 steps a run, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}",
        "",
        "| framework | pairs | seconds | pairs a minute | start, s |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| {p.framework} | {p.pairs} | {p.seconds:.1f} | {p.per_minute:.1f} | {p.started:.1f} |"
        for p in paces
    ]
    return "\n".join(rows)
