"""The graph of a PyTorch model: layers and functional calls in the order in which they run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.observed import Graph, Observation
from tests.support.torch_programs import text_at, torch_programs

HEAD = """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
    torch.manual_seed(0)
"""
LOOP = """
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for step in range(30):
        optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(net(x), y)
        loss.backward()
        optimizer.step()
"""


def observe(folder: Path, text: str, **request: Any) -> Observation:
    return torch_programs().observe(folder, text, **{"steps": 3, **request})


def graph(folder: Path, text: str) -> Graph:
    observation = observe(folder, text)
    assert observation.trouble is None, torch_programs().output
    assert observation.graph is not None
    assert observation.trace is not None
    assert not [note for note in observation.trace.notes if "failed" in note]
    return observation.graph


def ops(found: Graph) -> list[str]:
    return [layer.op for layer in found.layers]


CNN = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
            self.bn = nn.BatchNorm2d(8)
            self.conv2 = nn.Conv2d(8, 8, (5, 3), stride=2, groups=8)
            self.fc = nn.Linear(8 * 3 * 4, 5)

        def forward(self, x):
            x = F.max_pool2d(F.relu(self.bn(self.conv1(x))), 2)
            x = torch.tanh(self.conv2(x))
            x = x.view(x.size(0), -1)
            x = F.dropout(x, 0.25, training=self.training)
            return F.softmax(self.fc(x), dim=1)

    net = Net()
    x = torch.rand(12, 3, 20, 18)
    y = torch.randint(0, 5, (12,))
"""


def test_modules_and_functions_come_in_execution_order(tmp_path: Path) -> None:
    found = graph(tmp_path, HEAD + CNN + LOOP)
    assert ops(found) == [
        "conv",
        "batch_norm",
        "activation",
        "max_pool",
        "depthwise_conv",
        "activation",
        "flatten",
        "dropout",
        "dense",
        "activation",
    ]
    assert [layer.inputs for layer in found.layers[1:]] == [(i,) for i in range(9)]
    assert found.outputs == (9,)
    assert found.complete
    assert not found.backbone
    assert text_at(tmp_path, found.site) == "Net()"


def test_each_layer_carries_its_settings_and_shapes(tmp_path: Path) -> None:
    layers = graph(tmp_path, HEAD + CNN + LOOP).layers
    first, depthwise, dropout, dense, softmax = (layers[i] for i in (0, 4, 7, 8, 9))
    assert (first.filters, first.input_channels, first.kernel_size) == (8, 3, (3, 3))
    assert (first.padding, first.parameters, first.name) == ("1", 3 * 8 * 9 + 8, "conv1")
    assert (first.input_shape, first.output_shape) == ((3, 20, 18), (8, 20, 18))
    assert (depthwise.kernel_size, depthwise.strides) == ((5, 3), (2, 2))
    assert dropout.rate == 0.25
    assert (dense.units, dense.input_channels, dense.use_bias) == (5, 96, True)
    assert (softmax.type, softmax.activation, softmax.axis) == ("softmax", "softmax", 1)
    assert (layers[3].kernel_size, layers[3].output_shape) == ((2, 2), (8, 10, 9))


def test_sites_are_the_exact_calls(tmp_path: Path) -> None:
    layers = graph(tmp_path, HEAD + CNN + LOOP).layers
    assert text_at(tmp_path, layers[0].site) == "nn.Conv2d(3, 8, 3, padding=1)"
    assert text_at(tmp_path, layers[0].call_site) == "self.conv1(x)"
    assert text_at(tmp_path, layers[6].site) == "x.view(x.size(0), -1)"
    assert text_at(tmp_path, layers[9].site) == "F.softmax(self.fc(x), dim=1)"


def test_softmax_between_model_and_loss_belongs_to_the_graph(tmp_path: Path) -> None:
    text = """
    net = nn.Linear(4, 3)
    x, y = torch.rand(8, 4), torch.randint(0, 3, (8,))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for step in range(30):
        out = net(x)
        guess = torch.sigmoid(out).argmax(1)
        loss = F.cross_entropy(F.softmax(out, dim=-1), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    """
    found = graph(tmp_path, HEAD + text)
    assert [layer.type for layer in found.layers] == ["Linear", "softmax"]
    assert found.outputs == (1,)
    assert text_at(tmp_path, found.layers[1].site) == "F.softmax(out, dim=-1)"


def test_shared_activations_repeat_and_residuals_merge(tmp_path: Path) -> None:
    text = """
    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.inner = nn.Linear(width, width)
            self.act = nn.ReLU()

        def forward(self, x):
            return self.act(x + self.act(self.inner(x)))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList([Block(4) for _ in range(2)])

        def forward(self, x):
            for block in self.blocks:
                x = torch.relu(block(x))
            return x

    net = Net()
    x, y = torch.rand(8, 4), torch.randint(0, 4, (8,))
    """
    found = graph(tmp_path, HEAD + text + LOOP)
    assert ops(found) == ["dense", "activation", "merge", "activation", "activation"] * 2
    assert found.layers[7].inputs == (4, 6)
    assert found.layers[5].name == "blocks.1.inner"
    assert {layer.repeated for layer in found.layers} == {1}


def test_library_layers_are_single_layers(tmp_path: Path) -> None:
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(50, 8)
            layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, 2)
            self.rnn = nn.GRU(8, 6)
            self.head = nn.Linear(6, 3)

        def forward(self, tokens):
            h = self.encoder(self.words(tokens))
            h, _ = self.rnn(h.transpose(0, 1))
            return self.head(h[-1])

    net = Net()
    x, y = torch.randint(0, 50, (8, 5)), torch.randint(0, 3, (8,))
    """
    found = graph(tmp_path, HEAD + text + LOOP)
    assert ops(found) == ["embedding", "attention", "reshape", "recurrent", "dense"]
    assert found.layers[3].output_shape == (5, 6)


def test_a_loop_over_a_cell_is_one_layer(tmp_path: Path) -> None:
    text = """
    class Cell(nn.Module):
        def __init__(self):
            super().__init__()
            self.inside = nn.Linear(3, 4)
            self.hidden = nn.Linear(4, 4)
            self.head = nn.Linear(4, 2)

        def forward(self, x):
            h = torch.zeros(x.size(0), 4)
            for t in range(x.size(1)):
                h = torch.tanh(self.inside(x[:, t]) + self.hidden(h))
            return self.head(h)

    net = Cell()
    x, y = torch.rand(8, 6, 3), torch.randint(0, 2, (8,))
    """
    found = graph(tmp_path, HEAD + text + LOOP)
    assert sorted(layer.type for layer in found.layers if layer.op != "input") == [
        "Linear",
        "Linear",
        "Linear",
        "add",
        "tanh",
    ]
    assert {layer.repeated for layer in found.layers if layer.name == "hidden"} == {6}


def test_encoder_and_decoder_with_their_own_optimizers_are_one_model(tmp_path: Path) -> None:
    text = """
    enc = nn.Sequential(nn.Linear(6, 3), nn.ReLU())
    dec = nn.Sequential(nn.Linear(3, 6), nn.Sigmoid())
    first, second = torch.optim.Adam(enc.parameters()), torch.optim.Adam(dec.parameters())
    x = torch.rand(10, 6)
    for step in range(30):
        first.zero_grad(), second.zero_grad()
        loss = nn.MSELoss()(dec(enc(x)), x)
        loss.backward()
        first.step(), second.step()
    """
    observation = observe(tmp_path, HEAD + text)
    assert observation.graph is not None
    assert ops(observation.graph) == ["dense", "activation", "dense", "activation"]
    assert observation.learner is not None
    assert len(observation.learner.optimizers) == 2
    assert observation.data is not None
    assert [stats.shape for stats in observation.data.inputs] == [(6,)]
    assert [stats.encoding for stats in observation.data.labels] == ["inputs"]


def test_a_gan_shows_the_model_that_steps_first(tmp_path: Path) -> None:
    text = """
    G = nn.Sequential(nn.Linear(2, 6), nn.Tanh())
    D = nn.Sequential(nn.Linear(6, 1), nn.Sigmoid())
    of_g, of_d = torch.optim.Adam(G.parameters()), torch.optim.Adam(D.parameters())
    real, bce = torch.rand(8, 6), nn.BCELoss()
    for step in range(30):
        of_d.zero_grad()
        fake = G(torch.randn(8, 2))
        loss = bce(D(real), torch.ones(8, 1)) + bce(D(fake.detach()), torch.zeros(8, 1))
        loss.backward()
        of_d.step()
        of_g.zero_grad()
        bce(D(fake), torch.ones(8, 1)).backward()
        of_g.step()
    """
    observation = observe(tmp_path, HEAD + text, steps=5)
    assert observation.graph is not None
    assert ops(observation.graph) == ["dense", "activation"]
    assert observation.graph.layers[0].input_channels == 6
    assert observation.trace is not None
    assert observation.trace.steps == 5
    assert observation.trace.cycle is not None
    assert observation.trace.cycle.dirty_starts == 0
    assert any("further model" in note for note in observation.trace.notes)
    assert observation.learner is not None
    assert [o.foreign_parameters for o in observation.learner.optimizers] == [0, 0]
    assert [o.missing_parameters for o in observation.learner.optimizers] == [(), ()]


def test_a_model_that_is_only_called_still_has_a_graph(tmp_path: Path) -> None:
    text = """
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with torch.no_grad():
        net.eval()(torch.rand(2, 3, 8, 8))
    """
    found = graph(tmp_path, HEAD + text)
    assert ops(found) == ["conv", "activation", "global_pool", "flatten"]
    assert found.layers[0].output_shape == (4, 6, 6)


def test_a_model_that_is_never_called_has_its_layers(tmp_path: Path) -> None:
    text = """
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    open("no such file")
    """
    observation = observe(tmp_path, HEAD + text)
    assert observation.graph is not None
    assert ops(observation.graph) == ["dense", "activation", "dense"]
    assert not observation.graph.complete


@pytest.mark.parametrize("call", ["net.forward(x)", "net(x)"])
def test_calling_forward_itself_changes_nothing(tmp_path: Path, call: str) -> None:
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 6), nn.Linear(6, 3)

        def forward(self, x):
            return F.log_softmax(self.b(F.relu(self.a(x))), 1)

    net = Net()
    x, y = torch.rand(8, 4), torch.randint(0, 3, (8,))
    """
    loop = LOOP.replace("nn.CrossEntropyLoss()", "nn.NLLLoss()").replace("net(x)", call)
    found = graph(tmp_path, HEAD + text + loop)
    assert [layer.type for layer in found.layers] == ["Linear", "relu", "Linear", "log_softmax"]
    assert [layer.name for layer in found.layers][::2] == ["a", "b"]


def test_parts_tried_alone_show_the_whole_model(tmp_path: Path) -> None:
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 5)
            self.features(torch.randn(2, 3, 20, 20))
            self.fc = nn.Linear(4 * 8 * 8, 2)

        def features(self, x):
            return F.max_pool2d(F.relu(self.conv(x)), 2)

        def forward(self, x):
            return self.fc(self.features(x).flatten(1))

    net = Net()
    open("no such file")
    """
    observation = observe(tmp_path, HEAD + text)
    assert observation.graph is not None
    assert ops(observation.graph) == ["conv", "activation", "max_pool", "dense"]
    assert not observation.graph.complete
    assert observation.data is None


def test_copies_keep_the_place_of_their_original(tmp_path: Path) -> None:
    text = """
    import copy
    one = nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))
    net = nn.Sequential(*(copy.deepcopy(one) for _ in range(2)), nn.LazyLinear(3))
    x, y = torch.rand(8, 4), torch.randint(0, 3, (8,))
    net(x)
    average = copy.deepcopy(net)
    """
    found = graph(tmp_path, HEAD + text + LOOP)
    assert ops(found) == ["dense", "dense", "dense"]
    places = [text_at(tmp_path, layer.site) for layer in found.layers]
    assert places == ["nn.Linear(4, 4)", "nn.Linear(4, 4)", "nn.LazyLinear(3)"]
