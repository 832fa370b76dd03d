"""Data and layer statistics of PyTorch programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.observed import DataProfile, Observation
from tests.support.torch_programs import text_at, torch_programs

HEAD = """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
    from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split
    from torch.autograd import Variable
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def step(inputs, labels):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(inputs), labels)
        loss.backward()
        optimizer.step()
"""


def observe(folder: Path, text: str, **request: Any) -> tuple[Observation, DataProfile]:
    observation = torch_programs().observe(folder, HEAD + text, **{"steps": 6, **request})
    assert observation.data is not None, torch_programs().output
    return observation, observation.data


def test_a_tensor_dataset_is_described_whole(tmp_path: Path) -> None:
    text = """
    images, labels = 255 * torch.rand(300, 3, 2, 2), torch.arange(300) % 3
    loader = DataLoader(TensorDataset(images, labels), batch_size=10, shuffle=True)
    for epoch in range(3):
        for inputs, targets in loader:
            step(inputs, targets)
    """
    observation, data = observe(tmp_path, text)
    (inputs,), (labels,) = data.inputs, data.labels
    assert (inputs.samples, inputs.inspected, inputs.name) == (300, 300, "images")
    assert inputs.max is not None
    assert inputs.max > 200
    assert inputs.feature_means is not None
    assert len(inputs.feature_means) == 3
    assert (labels.classes, labels.encoding, labels.samples) == (3, "integer", 300)
    assert data.kind == "color_images"
    learner = observation.learner
    assert learner is not None
    assert (learner.batch_size, learner.shuffle, learner.steps_per_epoch) == (10, True, 30)
    assert text_at(tmp_path, learner.batch_size_site) == "10"


def test_batches_that_the_loop_scales_are_described_as_they_enter(tmp_path: Path) -> None:
    text = """
    data = TensorDataset(255 * torch.rand(300, 12), torch.arange(300) % 3)
    for inputs, targets in DataLoader(data, 10):
        step(inputs / 255, targets)
    """
    observation, data = observe(tmp_path, text)
    (inputs,) = data.inputs
    assert inputs.max is not None
    assert inputs.max <= 1.0
    assert (inputs.inspected, inputs.samples) == (60, 300)
    assert observation.learner is not None
    assert observation.learner.shuffle is False


def test_slices_lead_to_the_whole_array(tmp_path: Path) -> None:
    text = """
    x_train, y_train = torch.randn(200, 12), torch.randint(0, 3, (200,))
    x_test = 255 * torch.rand(50, 12)
    for i in range(0, 200, 20):
        step(Variable(x_train[i:i + 20].view(-1, 3, 2, 2)), y_train[i:i + 20])
    """
    _, data = observe(tmp_path, text, profiled_names=["x_test", "nothing"])
    (inputs,), (labels,), (test,) = data.inputs, data.labels, data.test_inputs
    assert (inputs.samples, inputs.shape, inputs.name) == (200, (3, 2, 2), "x_train")
    assert (labels.samples, labels.name) == (200, "y_train")
    assert (test.name, test.samples) == ("x_test", 50)


def test_a_full_batch_is_the_whole_set(tmp_path: Path) -> None:
    text = """
    x, y = torch.randn(40, 12), torch.randint(0, 3, (40,))
    for epoch in range(30):
        step(x, y)
    """
    _, data = observe(tmp_path, text)
    assert (data.inputs[0].samples, data.inputs[0].inspected) == (40, 40)
    assert data.kind == "tabular"


def test_random_items_are_never_fetched_again(tmp_path: Path) -> None:
    text = """
    fetched = []
    class Items(Dataset):
        def __len__(self):
            return 400

        def __getitem__(self, i):
            fetched.append(i)
            print(len(fetched), flush=True)
            return torch.randn(12), i % 3

    for inputs, targets in DataLoader(Items(), batch_size=5, shuffle=True):
        step(inputs, targets)
    """
    _, data = observe(tmp_path, text)
    assert torch_programs().output.split()[-1] == "30"  # six steps of five
    assert (data.inputs[0].inspected, data.inputs[0].samples) == (30, 400)


@pytest.mark.parametrize("gradients", ["torch.no_grad()", "torch.enable_grad()"])
def test_validation_batches_are_kept_apart(tmp_path: Path, gradients: str) -> None:
    text = f"""
    for epoch in range(9):
        net.train()
        step(torch.rand(8, 12), torch.randint(0, 3, (8,)))
        net.eval()
        with {gradients}:
            net(5 + torch.rand(4, 12))
    """
    _, data = observe(tmp_path, text)
    assert data.inputs[0].max is not None
    assert data.inputs[0].max <= 1.0
    (validation,) = data.validation_inputs
    assert validation.min is not None
    assert validation.min >= 5.0


def test_a_trial_of_the_model_is_no_training_data(tmp_path: Path) -> None:
    text = """
    net(1000 * torch.ones(2, 12))
    x, y = torch.rand(80, 12), torch.randint(0, 3, (80,))
    for i in range(0, 80, 8):
        step(x[i:i + 8], y[i:i + 8])
    """
    observation, data = observe(tmp_path, text)
    assert observation.learner is not None
    assert observation.learner.batch_size == 8
    assert (data.inputs[0].samples, data.inputs[0].name) == (80, "x")
    assert data.inputs[0].max is not None
    assert data.inputs[0].max <= 1.0
    assert observation.graph is not None
    assert {layer.repeated for layer in observation.graph.layers} == {1}


def test_layers_are_measured_at_sampled_steps(tmp_path: Path) -> None:
    text = """
    for epoch in range(99):
        step(torch.rand(8, 12), torch.randint(0, 3, (8,)))
    """
    observation, _ = observe(tmp_path, text, steps=40)
    assert observation.trace is not None
    traces = {trace.layer: trace.points for trace in observation.trace.layers}
    assert sorted(traces) == [0, 1, 2, 3]
    assert [point.step for point in traces[1]] == [0, 2, 4, *range(5, 40, 5)]
    for point in traces[1]:
        assert point.output_nan == 0.0
        assert point.weight_norm is not None
        assert point.gradient_norm is not None
        assert point.update_ratio == pytest.approx(0.1 * point.gradient_norm / point.weight_norm)
    assert all(0.0 < (point.output_zero or 0.0) < 1.0 for point in traces[2])
    assert all(point.weight_norm is None for point in traces[2])
