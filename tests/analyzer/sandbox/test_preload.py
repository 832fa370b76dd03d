"""What is imported ahead of a program: what it imports in any case, in its own order."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.sandbox.preload import names_of


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import torch\nfrom torch import nn\nimport numpy as np\n", ("torch", "numpy")),
        ("from keras.layers.core import Dense\n", ("keras",)),
        ("import numpy, pandas as pd\n", ("numpy", "pandas")),
        ("from sklearn.datasets import load_iris\n", ("sklearn.datasets",)),
        ("from tensorflow.keras import layers\n", ("tensorflow", "tensorflow.keras")),
        ("from tensorflow import keras\n", ("tensorflow", "tensorflow.keras")),
        ("import tensorflow as tf\ntf.keras.Sequential()\n", ("tensorflow", "tensorflow.keras")),
        ("import tensorflow as tf\ntf.constant(1)\n", ("tensorflow",)),
        ("import matplotlib.pyplot as plt\nimport os\n", ()),
        ("try:\n    import torch\nexcept ImportError:\n    import keras\n", ()),
        ("def f():\n    import torch\n", ()),
        ("from . import torch\nfrom .keras import x\n", ()),
        ("import torch\nimport keras as\nprint 'old'\n", ("torch",)),
        ("", ()),
    ],
)
def test_names(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    assert names_of(tmp_path, "train.py", text) == names


def test_the_programs_own_modules_are_looked_into(tmp_path: Path) -> None:
    (tmp_path / "src" / "parts").mkdir(parents=True)
    (tmp_path / "src" / "net.py").write_text("import train\nimport torch\n")
    (tmp_path / "src" / "parts" / "data.py").write_text("import pandas\n")
    text = "import numpy\nfrom net import Net\nimport parts.data\nimport absent\n"
    assert names_of(tmp_path, "src/train.py", text) == ("numpy", "torch", "pandas")
