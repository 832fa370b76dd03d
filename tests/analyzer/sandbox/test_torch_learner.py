"""Losses, optimizers and the order of clearing, backward and step in PyTorch programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.observed import GradientCycle, Learner, Observation, Trace
from tests.support.torch_programs import text_at, torch_programs

HEAD = """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1))
    x, y = torch.randn(24, 4), torch.rand(24, 1)
"""


def observe(folder: Path, text: str, **request: Any) -> tuple[Observation, Learner, Trace]:
    observation = torch_programs().observe(folder, HEAD + text, **{"steps": 8, **request})
    assert observation.learner is not None, torch_programs().output
    assert observation.trace is not None
    assert not [note for note in observation.trace.notes if "failed" in note]
    return observation, observation.learner, observation.trace


def cycle(folder: Path, text: str) -> GradientCycle:
    found = observe(folder, text)[2].cycle
    assert found is not None
    return found


CRITERION = """
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5)
    for step in range(60):
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        scheduler.step()
"""


def test_criterion_optimizer_and_their_places(tmp_path: Path) -> None:
    _, learner, trace = observe(tmp_path, CRITERION)
    (loss,), (optimizer,) = learner.losses, learner.optimizers
    assert (loss.name, loss.custom, loss.reduction) == ("mse", False, "mean")
    assert text_at(tmp_path, loss.site) == "nn.MSELoss()"
    assert text_at(tmp_path, loss.call_site) == "criterion(net(x), y)"
    assert (optimizer.name, optimizer.learning_rate, optimizer.momentum) == ("sgd", 0.1, 0.9)
    assert (optimizer.weight_decay, optimizer.scheduled, optimizer.parameters) == (1e-4, True, 4)
    assert text_at(tmp_path, optimizer.learning_rate_site) == "0.1"
    assert text_at(tmp_path, optimizer.site).startswith("torch.optim.SGD(net.parameters()")
    assert text_at(tmp_path, learner.fit_site) == "loss.backward()"
    assert (learner.batch_size, trace.steps, len(trace.loss)) == (24, 8, 8)
    assert trace.loss_seen[0].calls == 8
    assert trace.loss_seen[0].first == trace.loss[0]


def test_shapes_are_those_before_broadcasting(tmp_path: Path) -> None:
    _, _, trace = observe(tmp_path, CRITERION.replace("net(x), y", "net(x), y[:, 0]"))
    seen = trace.loss_seen[0]
    assert (seen.prediction_shape, seen.target_shape) == ((24, 1), (24,))
    assert seen.target_dtype == "float32"


def test_row_sums_show_probabilities_in_a_logits_loss(tmp_path: Path) -> None:
    text = """
    net = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
    labels = torch.randint(0, 3, (24,))
    optimizer = torch.optim.Adam(net.parameters())
    for step in range(60):
        optimizer.zero_grad()
        F.cross_entropy(net(x), labels, ignore_index=2, label_smoothing=0.1).backward()
        optimizer.step()
    """
    _, learner, trace = observe(tmp_path, text)
    seen, (loss,) = trace.loss_seen[0], learner.losses
    assert (loss.name, loss.ignore_index, loss.label_smoothing) == ("cross_entropy", 2, 0.1)
    assert seen.row_sum_min == pytest.approx(1.0)
    assert seen.row_sum_max == pytest.approx(1.0)
    assert (seen.target_min, seen.target_max) == (0.0, 2.0)


@pytest.mark.parametrize(
    ("expression", "name", "place"),
    [
        ("((net(x) - y) ** 2).mean()", "custom", "((net(x) - y) ** 2).mean()"),
        ("squared(net(x), y)", "squared", "squared(net(x), y)"),
        ("Own()(net(x), y)", "OwnLoss", "Own()(net(x), y)"),
    ],
)
def test_losses_written_by_hand(tmp_path: Path, expression: str, name: str, place: str) -> None:
    text = f"""
    def squared(guess, truth):
        difference = guess - truth
        return torch.mean(difference * difference)

    class OwnLoss(nn.Module):
        def forward(self, guess, truth):
            return torch.mean((guess - truth) ** 2)

    Own = OwnLoss
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for step in range(60):
        loss = {expression}
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    """
    _, learner, trace = observe(tmp_path, text)
    (loss,), (seen,) = learner.losses, trace.loss_seen
    assert (loss.name, loss.custom) == (name, True)
    assert text_at(tmp_path, loss.call_site) == place
    assert (seen.prediction_shape, seen.target_shape) == ((24, 1), (24, 1))
    assert (seen.calls, seen.first) == (8, trace.loss[0])


def test_what_is_known_survives_a_crash_in_the_loss(tmp_path: Path) -> None:
    text = """
    labels = torch.randint(0, 10, (100,))
    images = torch.utils.data.TensorDataset(torch.rand(100, 4), labels)
    for x, y in torch.utils.data.DataLoader(images, batch_size=20, shuffle=True):
        optimizer = torch.optim.Adam(net.parameters(), lr=0.03)
        nn.BCELoss()(torch.sigmoid(net(x)), y)
    """
    observation, learner, trace = observe(tmp_path, text)
    assert observation.trouble is not None
    assert observation.trouble.cause == "crash"
    assert observation.graph is not None
    assert [layer.op for layer in observation.graph.layers][-1] == "activation"
    assert (learner.losses[0].name, learner.batch_size, learner.shuffle) == ("bce", 20, True)
    assert (learner.optimizers[0].learning_rate, trace.steps) == (0.03, 0)
    assert trace.loss_seen[0].prediction_shape == (20, 1)
    assert trace.loss_seen[0].target_dtype == "int64"
    assert observation.data is not None
    assert observation.data.labels[0].classes == 10


def loop(*body: str, before: str = "") -> str:
    lines = ["optimizer = torch.optim.SGD(net.parameters(), lr=0.01)", *before.splitlines()]
    lines += ["for step in range(60):", *(f"    {line}" for line in body)]
    return "\n" + "\n".join(f"    {line}" for line in lines) + "\n"


BACKWARD, STEP = "nn.MSELoss()(net(x), y).backward()", "optimizer.step()"


@pytest.mark.parametrize(
    "clear",
    [
        "optimizer.zero_grad()",
        "optimizer.zero_grad(set_to_none=False)",
        "net.zero_grad()",
        "[setattr(p, 'grad', None) for p in net.parameters()]",
        "[p.grad.zero_() for p in net.parameters() if p.grad is not None]",
    ],
)
@pytest.mark.parametrize("place", ["first", "last"])
def test_every_way_of_clearing_is_clean(tmp_path: Path, clear: str, place: str) -> None:
    body = [clear, BACKWARD, STEP] if place == "first" else [BACKWARD, STEP, clear]
    found = cycle(tmp_path, loop(*body))
    assert (found.steps, found.dirty_starts, found.cleared_between) == (8, 0, 0)


def test_a_missing_zero_grad_makes_every_later_cycle_dirty(tmp_path: Path) -> None:
    found = cycle(tmp_path, loop(BACKWARD, STEP))
    assert (found.steps, found.dirty_starts, found.zero_grad_calls) == (8, 7, 0)
    assert text_at(tmp_path, found.site) == STEP
    assert text_at(tmp_path, found.backward_site) == BACKWARD


def test_clearing_between_backward_and_step_is_seen(tmp_path: Path) -> None:
    found = cycle(tmp_path, loop(BACKWARD, "optimizer.zero_grad()", STEP))
    assert (found.cleared_between, found.dirty_starts) == (8, 0)


def test_clearing_another_model_clears_nothing(tmp_path: Path) -> None:
    other = "other = nn.Linear(4, 1)"
    found = cycle(tmp_path, loop("other.zero_grad()", BACKWARD, STEP, before=other))
    assert (found.dirty_starts, found.zero_grad_calls) == (7, 8)


def test_accumulation_is_legal(tmp_path: Path) -> None:
    body = (BACKWARD, "if step % 4 == 3:", f"    {STEP}", "    optimizer.zero_grad()")
    found = cycle(tmp_path, loop(*body))
    assert (found.steps, found.dirty_starts, found.backward_calls) == (8, 0, 32)


def test_eval_mode_at_backward_is_counted(tmp_path: Path) -> None:
    found = cycle(tmp_path, loop("optimizer.zero_grad()", BACKWARD, STEP, before="net.eval()"))
    assert found.eval_at_backward == found.backward_calls == 8


def test_an_optimizer_of_another_instance(tmp_path: Path) -> None:
    text = loop("net.zero_grad()", BACKWARD, STEP).replace(
        "for step", "net = nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 1))\n    for step"
    )
    _, learner, trace = observe(tmp_path, text)
    (optimizer,) = learner.optimizers
    assert optimizer.foreign_parameters == optimizer.parameters == 4
    assert optimizer.missing_parameters == ("0.weight", "0.bias", "1.weight", "1.bias")
    assert trace.steps == 8


def test_a_head_left_out_of_the_optimizer(tmp_path: Path) -> None:
    text = loop("optimizer.zero_grad()", BACKWARD, STEP).replace("net.param", "net[0].param")
    (optimizer,) = observe(tmp_path, text)[1].optimizers
    assert (optimizer.foreign_parameters, optimizer.parameters) == (0, 2)
    assert optimizer.missing_parameters == ("2.weight", "2.bias")


def test_misplaced_clearing_makes_no_parameter_foreign(tmp_path: Path) -> None:
    _, learner, _ = observe(tmp_path, loop(BACKWARD, "optimizer.zero_grad()", STEP))
    assert learner.optimizers[0].foreign_parameters == 0


def test_closures_scalers_and_compilation_do_not_disturb(tmp_path: Path) -> None:
    text = """
    net = torch.compile(net)
    fine = torch.optim.LBFGS(net.parameters(), lr=0.1)
    def closure():
        fine.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        return loss
    fine.step(closure)
    optimizer, scaler = torch.optim.SGD(net.parameters(), lr=0.01), torch.amp.GradScaler("cpu")
    for step in range(60):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.mse_loss(net(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
    """
    observation, learner, trace = observe(tmp_path, text)
    assert observation.trouble is None
    assert [optimizer.name for optimizer in learner.optimizers] == ["lbfgs", "sgd"]
    assert trace.cycle is not None
    assert (trace.steps, trace.cycle.dirty_starts) == (8, 0)
    assert max(trace.loss) < 100  # the scaler enlarges it 65,536 times
    assert any("torch.compile" in note for note in trace.notes)


def test_a_loop_that_never_steps_ends_all_the_same(tmp_path: Path) -> None:
    text = loop(BACKWARD).replace("range(60)", "range(10**9)")
    _, _, trace = observe(tmp_path, text)
    assert (trace.ended, trace.cycle and trace.cycle.steps) == ("steps", 0)
    assert any("no optimizer stepped" in note for note in trace.notes)


def test_weights_moved_by_hand_are_followed(tmp_path: Path) -> None:
    text = """
    for step in range(10**9):
        loss = F.mse_loss(net(x), y)
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter -= 0.1 * parameter.grad
    """
    observation, learner, trace = observe(tmp_path, text)
    assert observation.graph is not None
    assert len(observation.graph.layers) == 3
    assert (learner.optimizers, trace.steps) == ((), 8)
    assert any("no optimizer" in note for note in trace.notes)


WEIGHTED = """
    from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler
    net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
    targets = torch.arange(24) % 3
    weights = torch.tensor([1.0, 2.0, 0.5])
    CRITERION
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    sampler = WeightedRandomSampler(torch.ones(24), 24)
    loader = DataLoader(TensorDataset(x, targets), batch_size=8, sampler=sampler)
    for epoch in range(20):
        for inputs, labels in loader:
            optimizer.zero_grad()
            LOSS
            loss.backward()
            optimizer.step()
"""


def weighted(folder: Path, criterion: str, loss: str) -> Learner:
    text = WEIGHTED.replace("CRITERION", criterion).replace("LOSS", loss)
    return observe(folder, text)[1]


def test_class_weights_of_a_module_their_place_and_the_sampler(tmp_path: Path) -> None:
    made = "criterion = nn.CrossEntropyLoss(weight=weights * 2)"
    learner = weighted(tmp_path, made, "loss = criterion(net(inputs), labels)")
    (loss,) = learner.losses
    assert loss.class_weights == (2.0, 4.0, 1.0)
    assert text_at(tmp_path, loss.class_weights_site) == "weights * 2"
    assert learner.sampler == "WeightedRandomSampler"


def test_class_weights_of_a_function(tmp_path: Path) -> None:
    called = "loss = F.nll_loss(F.log_softmax(net(inputs), 1), labels, torch.tensor([1.0, 2, 3]))"
    (loss,) = weighted(tmp_path, "", called).losses
    assert (loss.class_weights, loss.class_weights_site) == ((1.0, 2.0, 3.0), None)


def test_pos_weight_of_one_output(tmp_path: Path) -> None:
    made = "criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0))"
    called = "loss = criterion(net(inputs)[:, 0], (labels == 1).float())"
    (loss,) = weighted(tmp_path, made, called).losses
    assert loss.class_weights == (1.0, 3.0)


@pytest.mark.parametrize(
    "loss",
    [
        "weights[0] += 1; loss = F.cross_entropy(net(inputs), labels, weights)",
        "weights = weights + 1; loss = F.cross_entropy(net(inputs), labels, weights)",
        "loss = F.binary_cross_entropy_with_logits(net(inputs), F.one_hot(labels, 3).float(),"
        " pos_weight=weights)",
    ],
)
def test_weights_that_change_or_belong_to_several_outputs_are_none(
    tmp_path: Path, loss: str
) -> None:
    assert weighted(tmp_path, "", loss).losses[0].class_weights is None


@pytest.mark.parametrize(
    ("optimizer", "coupled"),
    [
        ("SGD(net.parameters(), lr=0.1, weight_decay=0.5)", 0.5),
        ("Adam(net.parameters(), weight_decay=0.5)", 0.5),
        (
            "Adam([{'params': net[0].parameters()}, {'params': net[2].parameters(),"
            " 'weight_decay': 0.0}], weight_decay=0.5)",
            0.0,
        ),
        ("Adam(net.parameters(), weight_decay=0.5, decoupled_weight_decay=True)", None),
        ("AdamW(net.parameters(), weight_decay=0.5)", None),
    ],
)
def test_decay_that_is_added_to_the_gradients(
    tmp_path: Path, optimizer: str, coupled: float | None
) -> None:
    text = CRITERION.replace(
        "SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)", optimizer
    )
    (use,) = observe(tmp_path, text)[1].optimizers
    assert (use.weight_decay, use.coupled_decay) == (0.5, coupled)


def test_a_decay_that_is_lowered_between_steps(tmp_path: Path) -> None:
    lowered = "        optimizer.step()\n        optimizer.param_groups[0]['weight_decay'] /= 2"
    (use,) = observe(tmp_path, CRITERION.replace("        optimizer.step()", lowered))[1].optimizers
    assert use.weight_decay == 1e-4
    assert use.coupled_decay == pytest.approx(1e-4 / 2**7)
