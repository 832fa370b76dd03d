"""The loss of PyTorch programs on one batch under other circumstances, and cheap cycle facts."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from analyzer.observed import GradientCycle, Observation
from analyzer.sandbox.inside.torch_baselines import kept_state
from tests.support.torch_programs import torch_programs

PROGRAM = """
    import torch, torch.nn as nn
    torch.manual_seed(1)
    x, y = torch.randn(12, 5), torch.randint(0, 3, (12,))
    net = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Linear(16, 3))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    criterion = nn.CrossEntropyLoss()
    for step in range(LAST):
        BODY
    with torch.no_grad():
        print(criterion(net(x), y).item(), criterion(net(0 * x), y).item())
        print(criterion(net(x), y.roll(4)).item(), net(x).std(0, correction=0).mean().item())
"""
PLAIN = "optimizer.zero_grad(); loss = criterion(net(x), y); loss.backward(); optimizer.step()"


def seen(folder: Path, body: str, steps: int = 12) -> Observation:
    text = PROGRAM.replace("BODY", body).replace("LAST", "40")
    return torch_programs().observe(folder, text, steps=steps)


def test_the_step_is_computed_again(tmp_path: Path) -> None:
    programs = torch_programs()
    text = PROGRAM.replace("BODY", PLAIN).replace("LAST", "12")
    programs.run(tmp_path / "plain", text, observe=False)
    trained, zeroed, shuffled, spread = map(float, programs.output.split())
    observation = seen(tmp_path / "observed", PLAIN)
    assert observation.probes is not None
    assert observation.trace is not None
    found = observation.probes.baselines
    assert found is not None
    assert (found.rows, found.initial) == (12, observation.trace.loss[0])
    assert found.trained == pytest.approx(trained, rel=1e-6)
    assert found.zeroed == pytest.approx(zeroed, rel=1e-6)
    assert found.shuffled == pytest.approx(shuffled, rel=1e-6)
    assert found.spread_inputs == pytest.approx(spread, rel=1e-5)
    assert found.one_batch[0] == found.trained
    assert found.one_batch[-1] < found.trained


@pytest.mark.parametrize(
    "body",
    [
        PLAIN.replace("criterion(net(x), y)", "((net(x) - 1) ** 2).mean()"),
        PLAIN.replace("net(x)", "net(x).softmax(1)"),
        PLAIN.replace("criterion(net(x), y)", "criterion(net(x), y) + criterion(net(2 * x), y)"),
    ],
    ids=["by hand", "changed in between", "two losses"],
)
def test_what_cannot_be_computed_again_is_not_guessed(tmp_path: Path, body: str) -> None:
    observation = seen(tmp_path, body)
    assert observation.probes is not None
    assert observation.probes.baselines is None


def test_weights_and_optimizers_are_put_back() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)

    def step() -> None:
        optimizer.zero_grad()
        net(torch.ones(4, 3) * torch.arange(4.0)[:, None]).square().sum().backward()
        optimizer.step()

    step()
    states = {name: value.clone() for name, value in net.state_dict().items()}
    average = optimizer.state[net[0].weight]["exp_avg"].clone()
    gradient = net[0].weight.grad
    with kept_state(net, [optimizer]):
        step()
        assert not torch.equal(states["0.weight"], net.state_dict()["0.weight"])
    assert all(torch.equal(states[name], value) for name, value in net.state_dict().items())
    assert torch.equal(optimizer.state[net[0].weight]["exp_avg"], average)
    assert net[0].weight.grad is gradient


def cycle(folder: Path, body: str) -> GradientCycle:
    trace = seen(folder, body, steps=30).trace
    assert trace is not None
    assert trace.cycle is not None
    assert trace.cycle.steps == 30
    return trace.cycle


def test_gradients_that_nobody_clears_are_counted_in_every_step(tmp_path: Path) -> None:
    found = cycle(tmp_path, PLAIN.removeprefix("optimizer.zero_grad(); "))
    assert (found.dirty_starts, found.cleared_between) == (29, 0)


@pytest.mark.parametrize(
    "clearing",
    [
        "optimizer.zero_grad(set_to_none=False)",
        "[p.grad.data.zero_() for p in net.parameters() if p.grad is not None]",
        "[setattr(p, 'grad', None) for p in net.parameters()]",
    ],
)
def test_every_way_of_clearing_counts(tmp_path: Path, clearing: str) -> None:
    found = cycle(tmp_path, PLAIN.replace("optimizer.zero_grad()", clearing))
    assert (found.dirty_starts, found.cleared_between) == (0, 0)


def test_clearing_before_the_step_is_noticed_when_it_begins_late(tmp_path: Path) -> None:
    late = "loss.backward(); step >= 8 and optimizer.zero_grad(); optimizer.step()"
    found = cycle(tmp_path, PLAIN.replace("loss.backward(); optimizer.step()", late))
    assert 20 <= found.cleared_between <= 22
    assert found.dirty_starts == 0


def test_clipped_gradients_are_not_cleared_ones(tmp_path: Path) -> None:
    clipped = "loss.backward(); nn.utils.clip_grad_norm_(net.parameters(), 0.1); optimizer.step()"
    found = cycle(tmp_path, PLAIN.replace("loss.backward(); optimizer.step()", clipped))
    assert (found.dirty_starts, found.cleared_between) == (0, 0)
