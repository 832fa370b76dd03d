"""PyTorch programs read from their source."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from analyzer.source.calls import SourceIndex
from analyzer.source.index import read_program


@pytest.fixture
def read(tmp_path: Path):
    def _read(text: str) -> SourceIndex:
        return read_program(tmp_path, "train.py", text=dedent(text).lstrip("\n"))

    return _read


CLASSIFIER = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

class Net(nn.Module):
    def __init__(self, classes):
        super(Net, self).__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.unused = nn.Linear(1, 1)
        self.fc = nn.Linear(8 * 16 * 16, classes)

    def head(self, x):
        return F.softmax(self.fc(x), dim=1)

    def forward(self, x):
        x = self.features(x)
        x = x.view(x.size(0), -1)
        return self.head(F.dropout(x, 0.3))

x = torch.randn(100, 3, 32, 32)
y = torch.randint(0, 5, (100,))
x = x / 2
loader = DataLoader(TensorDataset(x, y), batch_size=25, shuffle=True)
net = Net(5)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(1, 11):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        optimizer.step()
"""


def test_module_is_walked_in_execution_order(read) -> None:
    graph = read(CLASSIFIER).graph
    assert graph is not None
    assert graph.complete
    assert [(layer.type, layer.name) for layer in graph.layers] == [
        ("Conv2d", "features.0"),
        ("ReLU", "features.1"),
        ("MaxPool2d", "features.2"),
        ("view", "view"),
        ("dropout", "dropout"),
        ("Linear", "fc"),
        ("softmax", "softmax"),
    ]
    assert [layer.op for layer in graph.layers][3:] == ["flatten", "dropout", "dense", "activation"]
    linear, softmax = graph.layers[5], graph.layers[6]
    assert linear.units == 5
    assert linear.input_channels == 2048
    assert linear.site is not None
    assert linear.site.line == 15
    assert linear.call_site is not None
    assert linear.call_site.line == 18
    assert softmax.activation == "softmax"
    assert softmax.axis == 1
    assert softmax.site is not None
    assert softmax.site.line == 18
    assert graph.layers[4].rate == 0.3
    assert graph.outputs == (6,)


def test_loop_learner(read) -> None:
    index = read(CLASSIFIER)
    learner = index.learner
    assert index.framework == "torch"
    assert learner is not None
    (loss,) = learner.losses
    assert loss.name == "cross_entropy"
    assert loss.label_smoothing == 0.1
    assert loss.site is not None
    assert loss.site.line == 30
    assert loss.call_site is not None
    assert loss.call_site.line == 35
    (optimizer,) = learner.optimizers
    assert (optimizer.name, optimizer.learning_rate, optimizer.momentum) == ("sgd", 0.1, 0.9)
    assert (learner.batch_size, learner.epochs, learner.shuffle) == (25, 10, True)
    assert learner.batch_size_site is not None
    assert learner.batch_size_site.line == 28
    assert learner.epochs_site is not None
    assert learner.epochs_site.line == 32
    assert learner.fit_site is not None
    assert learner.fit_site.line == 36


def test_data_behind_loader_and_dataset(read) -> None:
    index = read(CLASSIFIER)
    assert (index.inputs_name, index.labels_name) == ("x", "y")
    assert index.data_site is not None
    assert index.data_site.line == 27
    assert index.labels_site is not None
    assert index.labels_site.line == 26


def test_roles_of_the_loop(read) -> None:
    index = read(CLASSIFIER)
    roles = [call.role for call in index.calls if call.loops == 2]
    assert roles == ["zero_grad", "loss", "backward", "step"]
    (call,) = [call for call in index.calls if call.callee == "torch.nn.CrossEntropyLoss.__call__"]
    assert call.site.line == 35
    assert call.target == "loss"
    (model,) = [call for call in index.calls if call.role == "model" and call.name == "Net"]
    assert model.site.line == 29
    assert model.target == "net"


def test_forward_outside_its_class(read) -> None:
    graph = read("""
        import torch
        from torch import nn
        class CNN(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 2)
        def forward(self, x):
            x = self.fc(x)
            x = torch.sigmoid(x)
    """).graph
    assert graph is not None
    assert [layer.type for layer in graph.layers] == ["Linear", "sigmoid"]


def test_training_in_functions_with_parsed_arguments(read) -> None:
    index = read("""
        import argparse
        import torch
        from torch import nn, optim
        from torch.utils.data import DataLoader
        def train(args, model, loader, optimizer, epoch):
            model.train()
            for batch, (data, target) in enumerate(loader):
                data, target = data.to("cuda"), target.to("cuda")
                optimizer.zero_grad()
                loss = nn.functional.nll_loss(model(data), target)
                loss.backward()
                optimizer.step()
        def main():
            parser = argparse.ArgumentParser()
            parser.add_argument("--batch-size", type=int, default=48)
            parser.add_argument("--epochs", type=int, default=14)
            parser.add_argument("--lr", type=float, default=1.0)
            args = parser.parse_args()
            loader = DataLoader(dataset, batch_size=args.batch_size)
            model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).to("cuda")
            optimizer = optim.Adadelta(model.parameters(), lr=args.lr)
            scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1)
            for epoch in range(1, args.epochs + 1):
                train(args, model, loader, optimizer, epoch)
                scheduler.step()
        if __name__ == "__main__":
            main()
    """)
    assert index.graph is not None
    assert index.learner is not None
    assert [layer.type for layer in index.graph.layers] == ["Linear", "ReLU", "Linear"]
    learner = index.learner
    assert (learner.batch_size, learner.epochs) == (48, 14)
    assert learner.losses[0].name == "nll"
    assert learner.optimizers[0].learning_rate == 1.0
    assert learner.optimizers[0].scheduled
    assert [call.role for call in index.calls if call.role in {"train_mode", "scheduler"}] == [
        "train_mode",
        "scheduler",
    ]


def test_shapes_through_a_dummy_pass(read) -> None:
    graph = read("""
        import torch, torch.nn as nn, torch.nn.functional as F
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(1, 4, 5)
                self._to_linear = None
                self.convs(torch.randn(28, 28).view(-1, 1, 28, 28))
                self.fc = nn.Linear(self._to_linear, 10)
            def convs(self, x):
                x = F.max_pool2d(F.relu(self.conv(x)), (2, 2))
                if self._to_linear is None:
                    self._to_linear = x[0].shape[0] * x[0].shape[1] * x[0].shape[2]
                return x
            def forward(self, x):
                x = self.convs(x).view(-1, self._to_linear)
                return self.fc(x)
        net = Net()
    """).graph
    assert graph is not None
    assert [layer.type for layer in graph.layers] == [
        "Conv2d",
        "relu",
        "max_pool2d",
        "view",
        "Linear",
    ]
    assert graph.layers[-1].input_channels == 4 * 12 * 12


def test_shared_module_counts_its_uses(read) -> None:
    graph = read("""
        from torch import nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b = nn.Linear(2, 3), nn.Linear(3, 1)
                self.act = nn.ReLU()
            def forward(self, x):
                return self.act(self.b(self.act(self.a(x))))
    """).graph
    assert graph is not None
    assert [layer.name for layer in graph.layers] == ["a", "act", "b", "act"]
    assert [layer.repeated for layer in graph.layers] == [1, 2, 1, 2]


def test_residual_block_and_module_list(read) -> None:
    graph = read("""
        from torch import nn
        class Block(nn.Module):
            def __init__(self, n):
                super().__init__()
                self.conv = nn.Conv2d(n, n, 3, padding=1)
            def forward(self, x):
                return self.conv(x) + x
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.stem = nn.Conv2d(3, 8, 1)
                self.blocks = nn.ModuleList([Block(8) for _ in range(2)])
            def forward(self, x):
                x = self.stem(x)
                for block in self.blocks:
                    x = block(x)
                return x
        net = Net()
    """).graph
    assert graph is not None
    assert graph.complete
    assert [layer.name for layer in graph.layers] == [
        "stem", "blocks.0.conv", "add", "blocks.1.conv", "add",
    ]  # fmt: skip
    assert graph.layers[2].op == "merge"
    assert graph.layers[2].inputs == (1, 0)


def test_missing_optimizer_and_criterion_stay_unknown(read) -> None:
    index = read("""
        from torch import nn
        def train(model, loader, optimizer, n_epochs=5):
            for epoch in range(n_epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss = criterion(model(x), y)
                    loss.backward()
                    optimizer.step()
    """)
    assert index.learner is not None
    assert index.learner.losses == ()
    assert index.learner.optimizers == ()
    assert index.learner.epochs == 5


def test_alternatives_make_the_graph_incomplete(read) -> None:
    index = read("""
        import sys
        import torch
        from torch import nn
        class Net(nn.Module):
            def __init__(self, wide):
                super().__init__()
                self.fc = nn.Linear(2, 2)
                if wide:
                    self.act = nn.ReLU()
                else:
                    self.act = nn.Tanh()
            def forward(self, x):
                return self.act(self.fc(x))
        net = Net(len(sys.argv) > 1)
        if torch.cuda.device_count() > 1:
            net = nn.DataParallel(net)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    """)
    assert index.graph is not None
    assert [layer.op for layer in index.graph.layers] == ["dense", "activation"]
    assert not index.graph.complete


def test_two_models_by_a_condition(read) -> None:
    index = read("""
        import sys
        import torch
        from torch import nn
        if len(sys.argv) > 1:
            net = nn.Sequential(nn.Linear(4, 1))
        else:
            net = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 1))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    """)
    assert index.graph is not None
    assert not index.graph.complete


def test_a_model_built_inside_a_loop_is_complete(read) -> None:
    index = read("""
        import torch
        from torch import nn
        for train, test in folds:
            net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
            optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
            for epoch in range(9):
                loss = nn.MSELoss()(net(x[train]), y[train])
                loss.backward()
                optimizer.step()
    """)
    assert index.graph is not None
    assert index.graph.complete
    assert index.learner is not None
    assert index.learner.epochs == 9


def test_unresolved_part_of_the_forward_pass(read) -> None:
    graph = read("""
        from torch import nn
        from somewhere import Mystery
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.mystery = Mystery()
                self.fc = nn.Linear(2, 2)
            def forward(self, x):
                return self.fc(self.mystery(x))
    """).graph
    assert graph is not None
    assert [layer.type for layer in graph.layers] == ["Linear"]
    assert not graph.complete


def test_ready_made_network_with_a_new_head(read) -> None:
    graph = read("""
        import torch
        from torch import nn
        from torchvision import models
        net = models.resnet18(weights=None)
        net.fc = nn.Linear(512, 2)
        optimizer = torch.optim.SGD(net.fc.parameters(), lr=0.1)
        for x, y in loader:
            nn.functional.cross_entropy(net(x), y).backward()
    """).graph
    assert graph is not None
    assert graph.backbone
    assert [(layer.type, layer.units) for layer in graph.layers] == [
        ("resnet18", None),
        ("Linear", 2),
    ]
    assert not graph.complete


def test_handwritten_loss(read) -> None:
    index = read("""
        import torch
        net = torch.nn.Linear(1, 1)
        optimizer = torch.optim.SGD([{"params": net.parameters(), "lr": 0.5}], lr=0.1)
        for step in range(100):
            loss = ((net(x) - y) ** 2).mean()
            loss.backward()
            optimizer.step()
    """)
    assert index.learner is not None
    (loss,) = index.learner.losses
    assert (loss.name, loss.custom) == ("mse", False)
    assert loss.site is not None
    assert loss.site.line == 5
    assert index.learner.optimizers[0].learning_rate == 0.5
    assert index.graph is not None
    assert [layer.type for layer in index.graph.layers] == ["Linear"]


def test_loader_options_that_are_not_known_stay_unknown(read) -> None:
    index = read("""
        import torch
        from torch.utils.data import DataLoader
        options = {"batch_size": 8}
        if torch.cuda.is_available():
            options.update({"shuffle": True})
        net = torch.nn.Linear(1, 1)
        for x, y in DataLoader(data, **options):
            torch.nn.functional.mse_loss(net(x), y).backward()
    """)
    assert index.learner is not None
    assert (index.learner.batch_size, index.learner.shuffle) == (8, None)


def test_data_given_to_an_unknown_model(read) -> None:
    index = read("""
        import torch.nn as nn
        def train(model, train_x, train_y, criterion):
            for i in range(0, len(train_x), 4):
                x, y = train_x[i:i + 4].cuda(), train_y[i:i + 4].cuda()
                out = model(x)
                loss = criterion(out, y)
                loss.backward()
    """)
    assert (index.inputs_name, index.labels_name) == ("train_x", "train_y")
    assert index.learner is not None
    assert index.learner.batch_size == 4


def test_lightning_module(read) -> None:
    index = read("""
        import torch
        from torch import nn
        import pytorch_lightning as pl
        from torch.utils.data import DataLoader
        class Lit(pl.LightningModule):
            def __init__(self):
                super().__init__()
                self.net = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
            def forward(self, x):
                return self.net(x)
            def training_step(self, batch, number):
                x, y = batch
                return nn.functional.cross_entropy(self(x), y)
            def configure_optimizers(self):
                return torch.optim.Adam(self.parameters(), lr=3e-4)
        trainer = pl.Trainer(max_epochs=6)
        trainer.fit(Lit(), DataLoader(data, batch_size=16, shuffle=True))
    """)
    assert index.graph is not None
    assert [layer.name for layer in index.graph.layers] == ["net.0", "net.1", "net.2"]
    learner = index.learner
    assert learner is not None
    assert learner.losses[0].name == "cross_entropy"
    assert learner.optimizers[0].learning_rate == 3e-4
    assert (learner.epochs, learner.batch_size, learner.shuffle) == (6, 16, True)
    assert learner.fit_site is not None
    assert learner.fit_site.line == 17
