"""Statistics of the layers of PyTorch programs, and that steps nobody looks at stay the same."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.observed import LayerPoint, Observation
from analyzer.sandbox.inside.torch_affordable import FEWEST, affordable, wanted_steps
from analyzer.sandbox.inside.torch_cycle import marks_of
from analyzer.sandbox.inside.torch_moments import statistics_of
from analyzer.sandbox.inside.torch_recording import Look, Node
from analyzer.sandbox.inside.torch_room import Room
from analyzer.sandbox.inside.torch_values import Kept, channels_first, keep
from tests.support.torch_programs import torch_programs

PROGRAM = """
    import json, torch, torch.nn as nn
    torch.manual_seed(5)
    x, y = torch.randn(24, 2, 6, 6), torch.randint(0, 3, (24,))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4)
            self.relu, self.drop = nn.ReLU(inplace=True), nn.Dropout(0.2)
            self.hidden, self.head = nn.Linear(64, 8), nn.Linear(8, 3)
            with torch.no_grad():
                self.norm.bias[0] = -100.0  # this channel is dead

        def forward(self, x):
            found = self.relu(self.norm(self.conv(x)))
            middle = torch.sigmoid(40 * self.hidden(self.drop(found).flatten(1)))
            if SHOWN:
                middle.retain_grad()
                self.shown = found.detach().clone(), middle
            return self.head(middle)

    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    criterion = nn.CrossEntropyLoss()
    for step in range(60):
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        shown = {"loss": loss.item().hex()}
        if SHOWN:
            found, middle = net.shown
            before = net.hidden.weight.detach().clone()
            gradient = net.hidden.weight.grad.clone()
        optimizer.step()
        if SHOWN:
            moved = (net.hidden.weight.detach() - before).norm() / before.norm()
            shown |= {
                "found": found.tolist(), "middle": middle.tolist(), "after": middle.grad.tolist(),
                "weight": before.tolist(), "gradient": gradient.tolist(), "moved": moved.item(),
            }
        print(json.dumps(shown), flush=True)
"""


def test_steps_that_nobody_looks_at_have_the_same_losses(tmp_path: Path) -> None:
    text, programs = PROGRAM.replace("SHOWN", "False"), torch_programs()
    programs.run(tmp_path / "plain", text, observe=False)
    plain = [json.loads(line)["loss"] for line in programs.output.splitlines()]
    seen = programs.observe(tmp_path / "observed", text, steps=50)
    assert seen.trace is not None
    assert [loss.hex() for loss in seen.trace.loss] == plain[:50]
    assert seen.trace.notes == ()


def points(seen: Observation, op: str) -> tuple[LayerPoint, ...]:
    """The points of the only layer of this kind."""
    assert seen.graph is not None
    assert seen.trace is not None
    (index,) = [layer.index for layer in seen.graph.layers if layer.name == op]
    (found,) = [trace.points for trace in seen.trace.layers if trace.layer == index]
    return found


def test_the_points_are_those_of_the_program_itself(tmp_path: Path) -> None:
    programs = torch_programs()
    seen = programs.observe(tmp_path, PROGRAM.replace("SHOWN", "True"), steps=12)
    rows = [json.loads(line) for line in programs.output.splitlines()]
    for number in (0, 6):
        shown = {k: np.array(v) for k, v in rows[number].items() if k != "loss"}
        relu = next(p for p in points(seen, "relu") if p.step == number)
        middle = next(p for p in points(seen, "sigmoid") if p.step == number)
        hidden = next(p for p in points(seen, "hidden") if p.step == number)
        assert relu.output_mean == pytest.approx(shown["found"].mean(), rel=1e-5)
        assert relu.output_zero == pytest.approx((shown["found"] == 0).mean())
        assert relu.output_q50 == pytest.approx(np.quantile(shown["found"], 0.5), abs=1e-6)
        dead = [not shown["found"][:, channel].any() for channel in range(4)]
        assert dead[0]
        assert relu.output_dead == relu.output_same == np.mean(dead)
        ends = (shown["middle"] <= 0.01) | (shown["middle"] >= 0.99)
        assert middle.output_saturated == pytest.approx(ends.mean())
        assert middle.output_norm == pytest.approx(np.linalg.norm(shown["middle"]), rel=1e-5)
        assert middle.output_gradient_norm == pytest.approx(
            np.linalg.norm(shown["after"]), rel=1e-5
        )
        assert hidden.weight_norm == pytest.approx(np.linalg.norm(shown["weight"]), rel=1e-5)
        assert hidden.weight_mean == pytest.approx(shown["weight"].mean(), abs=1e-6)
        assert hidden.weight_max == pytest.approx(shown["weight"].max())
        assert hidden.gradient_mean == pytest.approx(np.abs(shown["gradient"]).mean(), rel=1e-5)
        assert hidden.gradient_max == pytest.approx(np.abs(shown["gradient"]).max())
        assert hidden.update_ratio == pytest.approx(float(shown["moved"]), rel=1e-4)
        assert hidden.output_nan == hidden.output_infinite == hidden.weight_nan == 0.0


TINIEST = float(np.finfo(np.float32).tiny) / float(np.finfo(np.float32).eps)
NUMBERS = st.floats(width=32, allow_nan=True, allow_infinity=True)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(NUMBERS, min_size=6, max_size=6), min_size=1, max_size=4))
def test_statistics_are_those_of_the_finite_values(rows: list[list[float]]) -> None:
    kept = [keep(torch.tensor(row).reshape(3, 2), Room(64), first=False) for row in rows]
    group = [each for each in kept if each is not None]
    found = {name: column.tolist() for name, column in statistics_of("output", group, None).items()}
    for place, row in enumerate(rows):
        values = np.array(row, np.float32)
        finite = values[np.isfinite(values)].astype(float)
        assert found["output_nan"][place] == np.isnan(values).mean()
        assert found["output_infinite"][place] == np.isinf(values).mean()
        assert found["output_zero"][place] == (values == 0).mean()
        if not len(finite):
            assert math.isnan(found["output_min"][place])
            continue
        assert found["output_min"][place] == finite.min()
        assert found["output_max"][place] == finite.max()
        size = float(np.abs(finite).max())
        assert found["output_mean"][place] == pytest.approx(finite.mean(), abs=1e-6 * size)
        if TINIEST < size < 1e18:  # single precision holds the differences
            assert found["output_std"][place] == pytest.approx(finite.std(), abs=2e-6 * size)
        units = values.reshape(3, 2)
        dead = (units == 0).all(0).mean()
        assert found["output_dead"][place] == dead


@pytest.mark.parametrize("odd", [None, math.nan, math.inf])
def test_large_tensors_have_the_statistics_of_numpy(odd: float | None) -> None:
    values = torch.randn(3, 100_000, generator=torch.Generator().manual_seed(1)) * 1e-25 + 3e-25
    values[:, ::7] = 0.0
    if odd is not None:
        values[1, 5] = odd
    group = [Kept(row) for row in values]
    found = {
        k: v for kind in ("weight", "gradient") for k, v in statistics_of(kind, group, None).items()
    }
    for place, row in enumerate(values.double().numpy()):
        finite = row[np.isfinite(row)]
        wanted = {
            "weight_mean": finite.mean(),
            "weight_std": finite.std(),
            "weight_min": finite.min(),
            "weight_max": finite.max(),
            "weight_norm": np.linalg.norm(row),
            "weight_nan": np.isnan(row).mean(),
            "gradient_norm": np.linalg.norm(row),
            "gradient_mean": np.abs(finite).mean(),
            "gradient_max": np.abs(finite).max(),
            "gradient_zero": (row == 0).mean(),
            "gradient_nan": np.isnan(row).mean(),
        }
        for name, value in wanted.items():
            assert found[name][place].item() == pytest.approx(value, rel=1e-6, abs=0, nan_ok=True)


def test_a_large_output_is_thinned_unit_by_unit() -> None:
    values = torch.zeros(64, 4, 40, 40)
    values[5, 1] = 2.0
    values[:, 2] = 7.0
    values[:, 3] = torch.arange(1600.0).reshape(40, 40)
    kept = keep(values, Room(2**20), first=True, most=4000)
    assert kept is not None
    assert kept.values.numel() <= 2 * 4000
    found = {k: v.item() for k, v in statistics_of("output", [kept], "relu").items()}
    assert found["output_dead"] == 0.25
    assert found["output_same"] == 0.5
    assert found["output_norm"] == pytest.approx(float(values.norm()), rel=0.1)
    rows = keep(values[:, :, 0, 0], Room(2**20), first=False, most=8)
    assert rows is not None
    assert rows.values.shape == (4, 4)


def test_copies_share_one_block_until_it_is_full_or_left() -> None:
    room = Room(256)
    given = [torch.arange(12.0).reshape(3, 4).T, torch.arange(5, dtype=torch.float64)]
    copies = [room.copy(values) for values in given]
    beyond = room.copy(torch.ones(100))
    for values, copy in zip(given, copies, strict=True):
        assert torch.equal(values, copy)
        assert copy.is_contiguous()
        assert copy.data_ptr() != values.data_ptr()
    blocks = [tensor.untyped_storage().data_ptr() for tensor in (*copies, beyond)]
    assert blocks[0] == blocks[1] != blocks[2]
    room.prepare(10_000)
    assert torch.equal(given[0], copies[0])
    assert torch.equal(given[1], copies[1])
    room.leave()
    room.prepare(10_000)
    assert room.copy(given[0]).untyped_storage().data_ptr() != blocks[0]
    assert torch.equal(given[1], copies[1])


def test_units_lie_where_the_layer_puts_them() -> None:
    assert channels_first("conv", 3, [])
    assert channels_first("activation", 3, [True])
    assert not channels_first("activation", 3, [False])
    assert not channels_first("dense", 4, [True])
    assert channels_first("merge", 4, [])


def linear(inputs: int, outputs: int, rows: int) -> Node:
    """A dense layer as a recording has it."""
    module = torch.nn.Linear(inputs, outputs)
    look = Look(keep(torch.zeros(rows, outputs), Room(0), first=False))
    return Node((), {}, (), None, module, list(module.parameters()), look)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 400), st.integers(1, 20))
@settings(deadline=None, max_examples=40)
def test_the_number_of_points_follows_from_the_shapes(
    inputs: int, outputs: int, rows: int, most: int
) -> None:
    nodes: list[Node | None] = [linear(inputs, outputs, rows), None]
    found = affordable(nodes, 60, most)
    assert min(most, FEWEST) <= found <= most
    assert affordable(nodes, 60, most) == found
    steps = wanted_steps(60, found)
    assert {0, 2, 4} <= steps
    assert found <= len([step for step in steps if step < 60]) <= 2 * found + 3


def test_large_models_are_looked_at_more_often() -> None:
    assert affordable([linear(8, 8, 8)], 60, 20) == FEWEST
    assert affordable([linear(400, 400, 50_000)], 60, 20) == 20
    assert affordable([], 60, 20) == 20


def test_marks_tell_written_gradients_from_others() -> None:
    parameter = torch.nn.Parameter(torch.ones(3))
    assert marks_of([parameter]) == [None]
    parameter.grad = torch.ones(3)
    first = marks_of([parameter])
    assert marks_of([parameter]) == first
    torch.nn.utils.clip_grad_norm_([parameter], 0.1)
    assert marks_of([parameter]) != first
    second = marks_of([parameter])
    torch.optim.SGD([parameter], lr=0.1).zero_grad(set_to_none=False)
    assert marks_of([parameter]) not in (first, second)
