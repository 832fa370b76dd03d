"""The census of a PyTorch program, and the moment after the warm-up."""

from __future__ import annotations

from pathlib import Path

from analyzer.observed import Census, Observation
from tests.support.torch_programs import text_at, torch_programs

HEAD = """
    import torch
    import torch.nn as nn
    from torch.utils.data import DataLoader, TensorDataset
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 6), nn.Dropout(0.5), nn.Linear(6, 1))
    rows = TensorDataset(torch.randn(160, 4), torch.rand(160, 1))
    loader, held_out = DataLoader(rows, batch_size=4), DataLoader(rows, batch_size=8)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def epoch():
        for x, y in loader:
            optimizer.zero_grad()
            nn.MSELoss()(net(x), y).backward()
            optimizer.step()
"""


def census(folder: Path, text: str) -> tuple[Observation, Census]:
    observation = torch_programs().observe(folder, HEAD + text, steps=12)
    assert observation.census is not None, torch_programs().output
    assert observation.trace is not None
    assert not [note for note in observation.trace.notes if "failed" in note]
    return observation, observation.census


VALIDATED = """
    for _ in range(10**6):
        epoch()
        with torch.no_grad():
            for x, y in held_out:
                net(x)
        print("validated")
"""


def test_validation_behind_a_long_epoch_is_reached_and_nothing_more_is_counted(
    tmp_path: Path,
) -> None:
    observation, found = census(tmp_path, VALIDATED)
    (evaluation,) = found.evaluations
    assert text_at(tmp_path, evaluation.site) == "net(x)"
    assert (evaluation.training, evaluation.modal, evaluation.gradients) == (1, 1, 0)
    assert evaluation.other_loader is True
    assert torch_programs().output.count("validated") == 1
    assert observation.trace is not None
    assert observation.trace.cycle is not None
    assert (observation.trace.steps, len(observation.trace.loss)) == (12, 12)
    assert (observation.trace.cycle.steps, observation.trace.cycle.backward_calls) == (12, 12)
    assert found.epoch_samples == 160


def test_what_the_program_raises_after_the_warm_up_is_of_our_making(tmp_path: Path) -> None:
    text = VALIDATED.replace('print("validated")', "raise ValueError(len(held_out))")
    observation, found = census(tmp_path, text)
    assert (observation.trouble, found.evaluated) == (None, True)
    assert observation.trace is not None
    assert observation.trace.ended == "steps"


def test_passes_inside_a_training_step_are_no_evaluation(tmp_path: Path) -> None:
    text = """
    for (x, y), (u, _) in zip(loader, held_out):
        with torch.no_grad():
            guess = net(u)
        optimizer.zero_grad()
        (nn.MSELoss()(net(x), y) + nn.MSELoss()(net(u), guess)).backward()
        optimizer.step()
    """
    assert census(tmp_path, text)[1].evaluations == ()


def test_train_mode_that_does_not_come_back(tmp_path: Path) -> None:
    text = """
    for _ in range(10**6):
        epoch()
        net.eval()
    """
    lost = census(tmp_path, text)[1].mode_lost
    assert lost is not None
    assert lost.step == 12
    assert text_at(tmp_path, lost.eval_site) == "net.eval()"


def test_graphs_of_losses_that_are_kept(tmp_path: Path) -> None:
    text = """
    total = 0
    for x, y in loader:
        loss = nn.MSELoss()(net(x), y) / 2
        loss.backward()
        optimizer.step()
        total += TERM
    """
    kept = census(tmp_path / "kept", text.replace("TERM", "loss"))[1]
    freed = census(tmp_path / "freed", text.replace("TERM", "loss.item()"))[1]
    assert (kept.retained, kept.losses) == (10, 12)
    assert freed.retained <= 1
