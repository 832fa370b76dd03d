"""Which files are training programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.programs import Skipped, TrainingProgram, find_programs

TRAIN = """\
from keras import Sequential, layers
model = Sequential([layers.Dense(1)])
model.compile(loss="mse", optimizer="sgd")
model.fit(x, y)
"""
MODEL = """\
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 1)
    def forward(self, x):
        return self.fc(x)
"""
LOOP = """\
from nets.model import Net
import torch
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(3):
    loss = torch.nn.functional.mse_loss(net(x), y)
    loss.backward()
    optimizer.step()
"""


def write(root: Path, **files: str | bytes) -> None:
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def paths(found: list[TrainingProgram | Skipped]) -> list[str]:
    return [entry.path for entry in found if isinstance(entry, TrainingProgram)]


def test_a_file_that_trains(tmp_path: Path) -> None:
    write(tmp_path, train_DOT_py=TRAIN)
    (program,) = find_programs(tmp_path, ["train.py"])
    assert program == TrainingProgram(
        "train.py", "keras", "trains a Keras model (line 4: model.fit)"
    )


def test_a_folder_without_what_is_no_program(tmp_path: Path) -> None:
    write(
        tmp_path,
        a__train_DOT_py=TRAIN,
        a__plot_DOT_py="import matplotlib\nmatplotlib.fit(1)\n",
        a__forest_DOT_py="from sklearn.svm import SVC\nm = SVC()\nm.fit(x, y)\n",
        node_modules__x_DOT_py=TRAIN,
        _DOT_hidden__x_DOT_py=TRAIN,
        myenv__pyvenv_DOT_cfg="",
        myenv__x_DOT_py=TRAIN,
        test_train_DOT_py=TRAIN,
        notes_DOT_txt=TRAIN,
    )
    found = find_programs(tmp_path, ["."])
    assert paths(found) == ["a/train.py"]
    assert len(found) == 1


def test_a_model_belongs_to_the_program_that_imports_it(tmp_path: Path) -> None:
    write(tmp_path, nets__model_DOT_py=MODEL, nets____init___DOT_py="", loop_DOT_py=LOOP)
    assert paths(find_programs(tmp_path, ["."])) == ["loop.py"]
    assert paths(find_programs(tmp_path, ["nets/model.py"])) == ["loop.py"]
    assert paths(find_programs(tmp_path, ["nets/model.py", "loop.py"])) == ["loop.py"]


def test_a_model_alone_is_a_program(tmp_path: Path) -> None:
    write(tmp_path, model_DOT_py=MODEL)
    (program,) = find_programs(tmp_path, ["model.py"])
    assert isinstance(program, TrainingProgram)
    assert (program.framework, program.reason) == ("torch", "defines a PyTorch model")


def test_functions_that_train_belong_to_the_script_that_calls_them(tmp_path: Path) -> None:
    engine = (
        "import torch\n"
        "def train(net, data):\n"
        "    for x, y in data:\n"
        "        torch.nn.functional.mse_loss(net(x), y).backward()\n"
    )
    script = "from engine import train\nfrom model import Net\ntrain(Net(), [])\n"
    write(tmp_path, engine_DOT_py=engine, model_DOT_py=MODEL, main_DOT_py=script)
    (program,) = find_programs(tmp_path, ["."])
    assert isinstance(program, TrainingProgram)
    assert program.path == "main.py"
    assert program.reason.startswith("trains a PyTorch model (engine.py, line 4: ")


def test_a_notebook(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None,
            "source": TRAIN.splitlines(keepends=True)}  # fmt: skip
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    write(tmp_path, a_DOT_ipynb=text)
    assert paths(find_programs(tmp_path, ["."])) == ["a.ipynb"]


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("gone.py", "failed", "the file does not exist"),
        ("binary.py", "failed", "the file is binary"),
        ("large.py", "failed", "the file is larger than 2 MB"),
        ("latin.py", "failed", "line 1: byte 0xe9 is not utf-8"),
        ("bad.ipynb", "failed", "expected a notebook"),
        ("../outside.py", "failed", "the path lies outside"),
        ("plain.py", "skipped", "neither defines, compiles nor trains"),
        ("notes.txt", "skipped", "neither a Python file"),
    ],
)
def test_what_is_not_reviewed_says_why(tmp_path: Path, path: str, status: str, reason: str) -> None:
    write(
        tmp_path,
        root__binary_DOT_py=b"\x7fELF\0",
        root__large_DOT_py=b"#" * (2 * 2**20 + 1),
        root__latin_DOT_py=b"x = '\xe9'  # keras\n",
        root__bad_DOT_ipynb="keras",
        root__plain_DOT_py="x = 1\n",
        root__notes_DOT_txt="x",
        outside_DOT_py=TRAIN,
    )
    (entry,) = find_programs(tmp_path / "root", [path])
    assert isinstance(entry, Skipped)
    assert entry.status == status
    assert reason in entry.reason


def test_unreadable_files_of_a_folder_are_named(tmp_path: Path) -> None:
    write(tmp_path, binary_DOT_py=b"\x7fELF\0", train_DOT_py=TRAIN)
    skipped, program = find_programs(tmp_path, ["."])
    assert isinstance(skipped, Skipped)
    assert skipped.status == "skipped"
    assert isinstance(program, TrainingProgram)


def test_a_path_with_spaces_and_each_program_once(tmp_path: Path) -> None:
    (tmp_path / "my models").mkdir()
    (tmp_path / "my models" / "tra in.py").write_text(TRAIN)
    found = find_programs(tmp_path, ["my models/tra in.py", "my models", "./my models/tra in.py"])
    assert paths(found) == ["my models/tra in.py"]


def test_a_program_with_a_syntax_error_is_still_one(tmp_path: Path) -> None:
    write(tmp_path, train_DOT_py=TRAIN.replace("fit(x, y)", "fit(x, y))"))
    assert paths(find_programs(tmp_path, ["train.py"])) == ["train.py"]


def test_modules_that_import_each_other_do_not_both_vanish(tmp_path: Path) -> None:
    write(tmp_path, a_DOT_py="import b\n" + MODEL, b_DOT_py="import a\n" + MODEL)
    assert paths(find_programs(tmp_path, ["."])) == ["a.py", "b.py"]
