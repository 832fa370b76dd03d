"""What observing costs per training step: the same program bare and observed, in turns.

Each program notes the time at which each of its steps begins and prints the figures at its end.
Bare and observed runs alternate, so that a slow moment of the machine meets both, and the median
over the pairs is reported of ratios of observed to bare:

* `ratio`, the one that the bars are about: mean wall time of the steps behind the first five,
  those at which layers are looked at included;
* `cpu_ratio`: the same in processor time of the process, which other work on the machine disturbs
  less; on a GPU it says how busy the host is;
* `median_ratio`: the median step, which is one at which no layer is looked at;
* `least_ratio`: wall time once more, of each step the least over the repetitions, then the mean of
  the steps: what is left when waits for other work on the machine, which meet bare and observed
  steps by chance, are taken out. Looking falls on the same steps in every run, so it stays in;
* `whole_ratio`: wall time of all steps, the first ones included, in which the model's graph is
  written down, once.

What is computed when the warm-up is over, and the start of the process, belongs to no step and is
not in these figures.
"""

from __future__ import annotations

import itertools
import json
import statistics
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.limits import Limits
from analyzer.options import SandboxPolicy
from analyzer.sandbox.protocol import Request
from analyzer.sandbox.runner import observe as observe_program

MARK = "step times"
SKIPPED = 5
"""First steps that are not counted."""

STEPS = 60
"""Steps of a warm-up, as everywhere in the product."""

TORCH = """
import json, time
import torch
from torch import nn

torch.manual_seed(0)
{model}
device = "{device}"
model, x, y = model.to(device), x.to(device), y.to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
moments = []
for step in range({steps} + 1):
    if device == "cuda" and step in (0, {skipped}, {steps}):
        torch.cuda.synchronize()
    moments.append((time.perf_counter(), time.process_time()))
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
print("{mark}", json.dumps(moments))
"""

KERAS = """
import json, time
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(0)
{model}
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))


class Clock(keras.callbacks.Callback):
    moments = []

    def on_train_batch_begin(self, batch, logs=None):
        self.moments.append((time.perf_counter(), time.process_time()))


model.fit(x, y, batch_size={batch}, epochs=1, shuffle=False, verbose=0, callbacks=[Clock()])
print("{mark}", json.dumps(Clock.moments))
"""

TORCH_MODELS = {
    "mlp": """
        x, y = torch.randn({batch}, 64), torch.randint(10, ({batch},))
        model = nn.Sequential(
            nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)
        )
    """,
    "cnn": """
        x, y = torch.randn({batch}, 3, 32, 32), torch.randint(10, ({batch},))
        model = nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(64 * 64, 128), nn.ReLU(), nn.Linear(128, 10),
        )
    """,
    "transformer": """
        x, y = torch.randint(1000, ({batch}, 32)), torch.randint(10, ({batch},))


        class Classifier(nn.Module):
            def __init__(self):
                super().__init__()
                self.embedding = nn.Embedding(1000, 64)
                layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
                self.encoder = nn.TransformerEncoder(layer, 2)
                self.head = nn.Linear(64, 10)

            def forward(self, ids):
                return self.head(self.encoder(self.embedding(ids)).mean(1))


        model = Classifier()
    """,
}

KERAS_MODELS = {
    "mlp": """
        x = np.random.normal(size=({rows}, 64)).astype("float32")
        y = np.random.randint(0, 10, {rows})
        model = keras.Sequential(
            [
                layers.Dense(256, activation="relu"),
                layers.Dense(256, activation="relu"),
                layers.Dense(10),
            ]
        )
    """,
    "cnn": """
        x = np.random.normal(size=({rows}, 32, 32, 3)).astype("float32")
        y = np.random.randint(0, 10, {rows})
        model = keras.Sequential()
        for filters in (32, 64):
            model.add(layers.Conv2D(filters, 3, padding="same"))
            model.add(layers.BatchNormalization())
            model.add(layers.ReLU())
            model.add(layers.MaxPooling2D())
        model.add(layers.Flatten())
        model.add(layers.Dense(128, activation="relu"))
        model.add(layers.Dense(10))
    """,
    "transformer": """
        x = np.random.randint(0, 1000, ({rows}, 32))
        y = np.random.randint(0, 10, {rows})
        ids = keras.Input((32,), dtype="int32")
        hidden = layers.Embedding(1000, 64)(ids)
        for _ in range(2):
            normed = layers.LayerNormalization()(hidden)
            hidden = hidden + layers.MultiHeadAttention(4, 16)(normed, normed)
            inner = layers.Dense(128, activation="relu")(layers.LayerNormalization()(hidden))
            hidden = hidden + layers.Dense(64)(inner)
        outputs = layers.Dense(10)(layers.GlobalAveragePooling1D()(hidden))
        model = keras.Model(ids, outputs)
    """,
}

Moments = Sequence[tuple[float, float]]
"""(wall time, processor time) in seconds at which each step began."""


@dataclass(frozen=True, slots=True)
class Overhead:
    """The cost of observing one program; the ratios are explained above.

    Attributes:
        bare, observed: mean seconds per step, the median over the repetitions.
    """

    framework: str
    model: str
    batch: int
    bare: float
    observed: float
    ratio: float
    cpu_ratio: float
    least_ratio: float
    median_ratio: float
    whole_ratio: float


def measure_overheads(
    frameworks: Sequence[str],
    batches: Sequence[int],
    repetitions: int,
    policy: SandboxPolicy,
    say: Callable[[str], None],
    device: str = "cpu",
    models: Sequence[str] = tuple(TORCH_MODELS),
) -> Iterator[Overhead]:
    """Time every model of these frameworks at these batch sizes.

    Raises:
        RuntimeError: a program did not come to its end.
    """
    for framework in frameworks:
        for model in models:
            for batch in batches:
                say(f"{framework} {model} at batch {batch}")
                text = program_text(framework, model, batch, device)
                pairs = [
                    (
                        _moments(text, policy, device, observe=False),
                        _moments(text, policy, device, observe=True),
                    )
                    for _ in range(repetitions)
                ]
                yield overhead_of((framework, model, batch), pairs)


def program_text(framework: str, model: str, batch: int, device: str = "cpu") -> str:
    """A program that trains this model and prints the moments at which its steps began."""
    rows = batch * (STEPS + 1)
    if framework == "torch":
        part = textwrap.dedent(TORCH_MODELS[model]).format(batch=batch)
        return TORCH.format(model=part, steps=STEPS, skipped=SKIPPED, mark=MARK, device=device)
    part = textwrap.dedent(KERAS_MODELS[model]).format(rows=rows)
    return KERAS.format(model=part, batch=batch, mark=MARK)


def overhead_of(what: tuple[str, str, int], pairs: Sequence[tuple[Moments, Moments]]) -> Overhead:
    """The medians over pairs of a bare and an observed run."""

    def median_of(figure: Callable[[Moments], float]) -> float:
        return statistics.median(figure(observed) / figure(bare) for bare, observed in pairs)

    return Overhead(
        *what,
        bare=statistics.median(_mean(bare) for bare, _ in pairs),
        observed=statistics.median(_mean(observed) for _, observed in pairs),
        ratio=median_of(_mean),
        cpu_ratio=median_of(lambda moments: _mean(moments, clock=1)),
        least_ratio=_least([seen for _, seen in pairs]) / _least([bare for bare, _ in pairs]),
        median_ratio=median_of(lambda moments: statistics.median(_seconds(moments))),
        whole_ratio=median_of(lambda moments: moments[-1][0] - moments[0][0]),
    )


def _seconds(moments: Moments, clock: int = 0) -> list[float]:
    """Seconds of each step behind the first few."""
    counted = [moment[clock] for moment in moments[SKIPPED:]]
    return [after - before for before, after in itertools.pairwise(counted)]


def _mean(moments: Moments, clock: int = 0) -> float:
    return statistics.fmean(_seconds(moments, clock))


def _least(runs: Sequence[Moments]) -> float:
    """Mean over the steps of the least time that each took in these runs."""
    return statistics.fmean(map(min, zip(*map(_seconds, runs), strict=True)))


def _moments(text: str, policy: SandboxPolicy, device: str, *, observe: bool) -> Moments:
    """Run the program once; when each of its steps began."""
    request = Request.model_validate(
        {
            "script": "train.py",
            # one more than is sampled over, so that the program itself comes to its end
            "steps": STEPS + 2,
            "warmup_seconds": 600.0,
            "device": device,
            "observe": observe,
        }
    )
    with tempfile.TemporaryDirectory(prefix="faultline-overhead-") as folder:
        (Path(folder) / "train.py").write_text(text, encoding="utf-8")
        limits = Limits(wall_seconds=300.0, output_bytes=200_000)
        seen = observe_program(Path(folder), request, limits=limits, policy=policy)
    line = next((row for row in seen.output.splitlines() if row.startswith(MARK)), None)
    if line is None:
        why = seen.trouble.message if seen.trouble else "it printed nothing"
        raise RuntimeError(f"the program did not come to its end: {why}")
    return [(wall, cpu) for wall, cpu in json.loads(line.removeprefix(MARK))]


def overhead_table(rows: Sequence[Overhead]) -> str:
    """The figures as Markdown."""
    lines = [
        "| framework | model | batch | bare ms | observed ms | ratio | CPU | least | median step "
        "| whole |",
        "|---|---|" + "---:|" * 8,
    ]
    return "\n".join([*lines, *map(overhead_row, rows)])


def overhead_row(row: Overhead) -> str:
    """One line of the table."""
    return (
        f"| {row.framework} | {row.model} | {row.batch} | {1e3 * row.bare:.2f} "
        f"| {1e3 * row.observed:.2f} | {row.ratio:.2f} | {row.cpu_ratio:.2f} "
        f"| {row.least_ratio:.2f} | {row.median_ratio:.2f} | {row.whole_ratio:.2f} |"
    )
