"""No program makes the reader fail, and every range it gives is one that can be cut out."""

from __future__ import annotations

import ast
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.source.calls import SourceIndex
from analyzer.source.index import read_program
from analyzer.source.parsing import cut, parse

PROGRAM = '''
import argparse
import numpy as np
import torch.nn as nn, torch
from keras.models import Sequential, Model
from keras.layers import *
from torch.utils.data import DataLoader, TensorDataset

class Block(nn.Module):
    """Ein Block, größer."""
    def __init__(self, n=4):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, n) for _ in range(3)])
    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x)) + x
        return x.view(x.size(0), -1)

def build(width, *rest, flag=True, **more):
    model = Sequential([Dense(width, input_dim=3), Activation("relu")])
    if flag:
        model.add(Dropout(0.5))
    else:
        return None
    model.add(Dense(1))
    return model

x, y = np.zeros((10, 3)), np.ones(10)
x /= 255.0
x[0] = 1
m = build(8 * 2, 1, 2, extra={"a": [1, 2]})
m.compile(loss="mse", optimizer=dict(a="sgd")["a"], metrics=["mae"])
m.fit(x, y, batch_size=2 ** 5, epochs=3)
net = Block()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-1)
for epoch in range(5):
    for a, b in DataLoader(TensorDataset(x, y), batch_size=5):
        loss = nn.MSELoss()(net(a), b) + (lambda t: t)(0)
        loss.backward(); optimizer.step()
while True:
    try:
        with open(f"{x!r:>{10}}") as f: break
    except (OSError, ValueError) as error: raise
'''


def check_ranges(index: SourceIndex, text: str) -> None:
    """Every call's and argument's range holds an expression, where the file was read as it is."""
    repaired = parse(index.path, text).repaired
    for call in index.calls:
        lines = range(call.site.line, call.site.end_line + 1)
        if repaired.intersection(lines):
            continue
        expression = ast.parse(f"({cut(index.lines, call.site)}\n)", mode="eval").body
        assert isinstance(expression, ast.Call)
        for argument in call.arguments:
            source = cut(index.lines, argument.site)
            assert source == argument.text
            ast.parse(f"({source}\n)", mode="eval")


def test_the_program_as_it_is(tmp_path: Path) -> None:
    index = read_program(tmp_path, "a.py", text=PROGRAM)
    check_ranges(index, PROGRAM)
    roles = {call.role for call in index.calls}
    assert {"fit", "compile", "layer", "backward", "step", "loader", "optimizer"} <= roles


PIECES = [
    *"()[]:'\"\n=,*#\té0\r",
    *("    ", "model", "x", "self.", "lambda", "del x\n", "yield ", "return\n", "\\\n", "class "),
]


@given(
    st.lists(
        st.tuples(st.integers(0, len(PROGRAM)), st.integers(0, 12), st.sampled_from(PIECES)),
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_random_edits_never_fail(edits: list[tuple[int, int, str]]) -> None:
    text = PROGRAM
    for position, length, piece in edits:
        text = text[:position] + piece + text[position + length :]
    check_ranges(read_program(Path("/nowhere"), "a.py", text=text), text)


@given(st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_shuffled_lines_never_fail(chance: random.Random) -> None:
    lines = PROGRAM.split("\n")
    chance.shuffle(lines)
    text = "\n".join(lines)
    check_ranges(read_program(Path("/nowhere"), "a.py", text=text), text)


@given(st.text(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_text_gives_an_index(text: str) -> None:
    assert read_program(Path("/nowhere"), "a.py", text=text).path == "a.py"


@pytest.mark.parametrize(
    "text",
    [
        "import keras\ndef f(x): return f(f(x))\nf(keras.Sequential())\n",
        "import keras\nf = lambda: f()\nf()\n",
        "from a import *\nimport a\n",
        "import torch.nn as nn\nclass A(nn.Module):\n  def forward(self, x): return self(x)\nA()\n",
        "import torch.nn as nn\nclass A(A): pass\nclass B(nn.Module, B): pass\nB()\n",
        "import torch.nn as nn\nm = nn.Sequential()\nm.add_module('x', m)\nm(1)\n",
        "import keras\nm = keras.Sequential()\nm.add(m)\nm.fit()\n",
        "x = [0] * 10**9\ny = 10 ** 10 ** 10\nz = 'a' * 10**12\n",
        "for a in range(10**12):\n  for b in range(30):\n    for c in range(30): f()\n",
        "x = 1\n" * 3000,
        "import keras.layers as L\nL.Dense(10**400)\nL.Dropout(float('nan'))\nL.Dense(-1e400)\n",
        "import keras\nkeras.layers.Conv2D(1, (3, 3, 3, 3))\nkeras.Sequential([None, 3, 'x'])\n",
        "import keras.layers as L\nL.Conv2D(4, 3, strides=0)(L.Input((8, 8, 1)))\n",
        "import keras.layers as L\nL.Dense(4)(L.Input((10**30,)))\nL.Dense(2**53)(L.Input((9,)))\n",
        "import torch.nn as nn\n*a, b = [nn.Linear(1, 1)] * 3\n(a, *b), c = 1, 2\n",
        "match x:\n  case [1, *_]: y = 1\n  case {'a': b}: pass\n",
        "async def f():\n  async with a as b:\n    async for c in d: await e\n",
        "global x\nx = (y := 3)\nprint(f'{x:{y}}')\ndel x\n",
    ],
)
def test_hard_cases(text: str, tmp_path: Path) -> None:
    started = time.monotonic()
    check_ranges(read_program(tmp_path, "a.py", text=text), text)
    assert time.monotonic() - started < 20


def test_imports_that_import_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import b\nfrom c import net\nimport keras\n")
    (tmp_path / "b.py").write_text("import a\nfrom a import *\n")
    (tmp_path / "c.py").write_text("from .a import x\nfrom ... import y\nimport keras\n")
    assert read_program(tmp_path, "a.py").framework is None


def test_a_large_program_is_read_in_bounded_time(tmp_path: Path) -> None:
    text = "import keras\nm = keras.Sequential()\n" + "m.add(keras.layers.Dense(4))\n" * 20_000
    started = time.process_time()
    index = read_program(tmp_path, "a.py", text=text)
    assert time.process_time() - started < 30
    assert index.graph is not None
    assert not index.graph.complete
