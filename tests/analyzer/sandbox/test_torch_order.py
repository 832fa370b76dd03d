"""The order of calls, the schedules and the plan of PyTorch programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.observed.order import CallOrder, Schedule
from tests.support.torch_programs import text_at, torch_programs

PROGRAM = """
    import torch
    from torch import nn
    from torch.optim import lr_scheduler
    from torch.utils.data import DataLoader, TensorDataset
    from torch.utils.data.distributed import DistributedSampler
    torch.manual_seed(5)
    data = TensorDataset(torch.randn(96, 6), torch.randint(0, 3, (96,)))
    sampler = DistributedSampler(data, num_replicas=2, rank=0)
    loader = DataLoader(data, batch_size=8, sampler=sampler)
    net = nn.Sequential(nn.Linear(6, 16), nn.Dropout(0.2), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    schedule = SCHEDULE
    scaler = torch.amp.GradScaler("cpu")
    criterion = nn.CrossEntropyLoss()
    epochs = 9
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        for x, y in loader:
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.float16):
                loss = criterion(net(x), y)
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            norm = nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
            print(loss.item().hex(), optimizer.param_groups[0]["lr"].hex(), flush=True)
"""
COSINE = "lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)"
JOINED = (
    "lr_scheduler.SequentialLR(optimizer, [lr_scheduler.LinearLR(optimizer, 0.1, total_iters=4),"
    " lr_scheduler.ExponentialLR(optimizer, 0.9)], milestones=[4])"
)
STEPS = 20


def order_of(folder: Path, text: str, **request: object) -> CallOrder:
    observation = torch_programs().observe(folder, text, steps=STEPS, **request)
    assert observation.order is not None
    assert observation.trace is not None
    assert observation.trace.notes == ()
    return observation.order


@pytest.mark.parametrize("schedule", [COSINE, JOINED], ids=["cosine", "joined"])
def test_losses_and_rates_are_bit_identical(tmp_path: Path, schedule: str) -> None:
    text, programs = PROGRAM.replace("SCHEDULE", schedule), torch_programs()
    programs.run(tmp_path / "plain", text, observe=False)
    plain = programs.output.splitlines()[: STEPS - 1]
    order = order_of(tmp_path / "observed", text)
    assert programs.output.splitlines()[: STEPS - 1] == plain
    (seen,) = order.schedules
    rates = [float.fromhex(line.split()[1]) for line in plain]
    assert list(seen.rates[1:STEPS]) == rates


def test_calls_come_in_their_order_with_their_places(tmp_path: Path) -> None:
    order = order_of(tmp_path, PROGRAM.replace("SCHEDULE", COSINE))
    kinds = [order.calls[event.call].kind for event in order.events]
    one = ["batch", "zero_grad", "autocast", "backward", "unscale", "clip", "scaler_step"]
    one += ["step", "scaler_update", "scheduler_step"]
    assert kinds[:12] == ["set_epoch", "epoch", *one]
    assert kinds[12:22] == one
    (clip,) = [call for call in order.calls if call.kind == "clip"]
    assert (
        text_at(tmp_path, clip.site) == "nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)"
    )
    backward = order.events[kinds.index("backward")]
    assert backward.scaled
    assert backward.direct
    assert order.steps == STEPS
    assert order.whole


def test_a_schedule_is_run_on_to_its_end_on_a_copy(tmp_path: Path) -> None:
    order = order_of(tmp_path, PROGRAM.replace("SCHEDULE", COSINE))
    (seen,) = order.schedules
    assert isinstance(seen, Schedule)
    assert (seen.name, seen.horizon, seen.steps) == ("CosineAnnealingLR", 30, STEPS - 1)
    assert (seen.peak_at, seen.lowest_at) == (0, 30)
    assert seen.lowest == pytest.approx(0.0, abs=1e-12)
    assert seen.rates[15] == pytest.approx(0.05)


def test_the_plan_is_read_from_the_loops(tmp_path: Path) -> None:
    text = PROGRAM.replace("SCHEDULE", COSINE)
    plan = order_of(tmp_path / "whole", text).plan
    assert (plan.epochs, plan.batches, plan.breaks) == (9, 6, False)
    text = text.replace("sampler.set_epoch(epoch)", "if epoch > 5: break")
    order = order_of(tmp_path / "left", text)
    assert order.plan.breaks
    (sampler,) = order.samplers
    assert (sampler.shuffles, sampler.entries, sampler.same) == (True, 48, sampler.iterations - 1)


def test_parameters_of_two_optimizers_are_told_apart(tmp_path: Path) -> None:
    order = order_of(
        tmp_path,
        """
        import torch
        from torch import nn
        net = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 1))
        whole = torch.optim.SGD(net.parameters(), lr=0.01)
        head = torch.optim.Adam(net[1].parameters(), lr=0.01)
        idle = torch.optim.Adam(nn.Linear(3, 3).parameters())
        for _ in range(30):
            whole.zero_grad()
            net(torch.randn(8, 4)).pow(2).mean().backward()
            whole.step()
            head.step()
        """,
    )
    names = [(each.name, each.parameters, each.gradients) for each in order.optimizers]
    assert names == [("sgd", 4, 4), ("adam", 2, 2), ("adam", 2, 0)]
    assert order.optimizers[0].shared == {1: 2}
    assert [each.steps for each in order.optimizers] == [20, 19, 0]
