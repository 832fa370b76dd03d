"""PyTorch programs trained and measured for real."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from analyzer.experiments.runs import NotMeasured
from analyzer.experiments.trial import compare
from tests.support.trainings import Workbench

HEAD = """
    import torch
    from torch import nn
    import torch.nn.functional as F
    from torch.utils.data import DataLoader, TensorDataset
    generator = torch.Generator().manual_seed(3)
    X = torch.randn(800, 12, generator=generator)
"""

CLASSES = (
    HEAD
    + """
    y = (X @ torch.randn(12, 3, generator=generator)).argmax(1)
    loader = DataLoader(TensorDataset(X, y), batch_size=32, shuffle=True)
    model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(30):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(inputs), targets)
            loss.backward()
            optimizer.step()
"""
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    made = Workbench(tmp_path_factory.mktemp("torch"), "torch")
    with made.session:
        yield made


def test_a_learning_rate_far_too_high_is_repaired(bench):
    good = bench.write(CLASSES)
    faulty = bench.write(CLASSES.replace("lr=0.3", "lr=300.0"))
    verdict = compare(bench.trainings("multiclass"), "multiclass", {}, {"train.py": good})
    assert verdict.outcome == "better", verdict
    assert verdict.experiment is not None
    assert verdict.experiment.metric == "balanced_accuracy"
    assert verdict.experiment.seeds == 3
    assert verdict.experiment.held_out >= 150
    assert min(verdict.experiment.after) > 0.8 > 0.5 > max(verdict.experiment.before)
    assert faulty != good


def test_an_edit_that_changes_nothing_scores_exactly_alike(bench):
    text = bench.write(CLASSES)
    edited = text.replace("# none", "") + "\nprint('trained')\n"
    verdict = compare(bench.trainings("multiclass"), "multiclass", {}, {"train.py": edited})
    assert verdict.outcome == "noise"
    assert verdict.experiment is not None
    assert verdict.experiment.before == verdict.experiment.after
    assert len(set(verdict.experiment.before)) > 1  # another seed is another run


def test_a_harmful_edit_is_worse(bench):
    text = bench.write(CLASSES)
    harmed = text.replace("lr=0.3", "lr=0.0001")
    verdict = compare(bench.trainings("multiclass"), "multiclass", {}, {"train.py": harmed})
    assert verdict.outcome == "worse"


def test_an_edit_that_breaks_the_program_is_not_measured(bench):
    text = bench.write(CLASSES)
    broken = text.replace("nn.Linear(32, 3)", "nn.Linear(31, 3)")
    verdict = compare(bench.trainings("multiclass"), "multiclass", {}, {"train.py": broken})
    assert verdict.outcome is None
    assert "with the edit: RuntimeError" in str(verdict.reason)


def test_held_out_rows_are_never_trained_on(bench):
    spied = CLASSES.replace("nn.Sequential(", "nn.Sequential(Spy(), ").replace(
        "loader =",
        """X[:, 0] = torch.arange(800)
    class Spy(nn.Module):
        def forward(self, x):
            print("rows", self.training, *[int(v) for v in x[:, 0]])
            return x / 100
    loader =""",
    )
    seen = bench.observe(spied, "multiclass", steps=40)
    rows: dict[str, set[str]] = {"True": set(), "False": set()}
    for line in seen.output.splitlines():
        if line.startswith("rows "):
            rows[line.split()[1]].update(line.split()[2:])
    assert len(rows["True"]) > 500
    assert len(rows["False"]) == seen.measured.held_out > 150
    assert not rows["True"] & rows["False"]


@pytest.mark.parametrize("row", ["loader", "slices", "whole"])
def test_regression_whatever_the_loop(bench, row):
    loops = {
        "loader": "for xb, yb in DataLoader(TensorDataset(X, y), batch_size=40, shuffle=True):",
        "slices": "for xb, yb in ((X[r], y[r]) for r in torch.randperm(800).split(40)):",
        "whole": "for xb, yb in [(X, y)]:",
    }
    text = (
        HEAD
        + f"""
    y = X[:, :1] * 2 + X[:, 1:2] * 40 - 7
    model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for epoch in range(400):
        {loops[row]}
            optimizer.zero_grad()
            F.mse_loss(model(xb), yb).backward()
            optimizer.step()
"""
    )
    found = bench.measure(text, "regression", steps=300)
    assert found.reason is None
    assert found.scores["r2"] > 0.8
    assert 120 <= found.held_out == found.rows <= 280
    assert found.steps == 300


def test_labels_that_exclude_nothing(bench):
    text = (
        HEAD
        + """
    y = (X[:, :4] > 0.8).float()
    loader = DataLoader(TensorDataset(X, y), batch_size=32, shuffle=True)
    model = nn.Linear(12, 4)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for epoch in range(30):
        for inputs, targets in loader:
            optimizer.zero_grad()
            nn.BCEWithLogitsLoss()(model(inputs), targets).backward()
            optimizer.step()
"""
    )
    found = bench.measure(text, "multilabel")
    assert found.scores["average_precision"] > 0.9 > 3 * found.chance["average_precision"]
    assert found.scores["balanced_accuracy"] > 0.8  # logits turn at zero


def test_an_autoencoder_is_measured_by_what_it_gives_back(bench):
    text = (
        HEAD
        + """
    X = torch.sigmoid(X[:, :3] @ torch.randn(3, 12, generator=generator))
    loader = DataLoader(X, batch_size=32, shuffle=True)
    model = nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 12))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for epoch in range(30):
        for inputs in loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(model(inputs), inputs).backward()
            optimizer.step()
"""
    )
    assert bench.measure(text, "autoencoder").scores["r2"] > 0.6


def test_tokens_are_measured_one_by_one(bench):
    text = (
        HEAD
        + """
    tokens = torch.randint(0, 5, (400, 6), generator=generator)
    loader = DataLoader(TensorDataset(tokens, (tokens + 1) % 5), batch_size=32, shuffle=True)
    model = nn.Sequential(nn.Embedding(5, 16), nn.Linear(16, 5))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for epoch in range(30):
        for inputs, targets in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(inputs).transpose(1, 2), targets).backward()
            optimizer.step()
"""
    )
    found = bench.measure(text, "sequence")
    assert found.scores["accuracy"] > 0.95
    assert found.chance["balanced_accuracy"] == pytest.approx(0.2)


def test_four_samples_are_too_few_to_hold_any_out(bench):
    text = """
    import torch
    X = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    y = torch.tensor([[0.0], [1], [1], [0]])
    model = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for epoch in range(1000):
        optimizer.zero_grad()
        torch.nn.BCEWithLogitsLoss()(model(X), y).backward()
        optimizer.step()
    """
    found = bench.measure(text, "binary", steps=400)
    assert found.scores["balanced_accuracy"] == 1.0
    assert (found.held_out, found.rows) == (0, 4)
    assert "too few" in str(found.reason)


def test_a_loss_written_by_hand_is_measured_on_what_the_loader_gives(bench):
    text = CLASSES.replace(
        "loss_fn(model(inputs), targets)",
        "-model(inputs).log_softmax(1)[torch.arange(len(targets)), targets].mean()",
    )
    assert bench.measure(text, "multiclass").scores["balanced_accuracy"] > 0.8


def test_what_cannot_be_measured_has_a_reason(bench):
    text = """
    import torch
    weight = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1)
    for step in range(50):
        optimizer.zero_grad()
        ((weight - 1) ** 2).sum().backward()
        optimizer.step()
    """
    bench.write(text)
    result = bench.trainings("regression").measure({}, 0)
    assert isinstance(result, NotMeasured)
    assert result.reason
