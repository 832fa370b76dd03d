"""What is read from a program's source to shape invented data: hints, columns, roles, fragments."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from analyzer.sandbox.inside.standin_columns import Columns, columns_of
from analyzer.sandbox.inside.standin_fragments import uncalled_training
from analyzer.sandbox.inside.standin_hints import Wanted, wanted
from analyzer.sandbox.inside.standin_roles import Role, misspelled, roles_of


def _write(tmp_path: Path, text: str) -> str:
    # A program's text does not change while it runs, so it is read once per path.
    path = tmp_path / f"program{len(list(tmp_path.iterdir()))}.py"
    path.write_text(textwrap.dedent(text).lstrip())
    return str(path)


def _wanted(tmp_path: Path, text: str, hints: dict[str, object] | None = None) -> Wanted:
    return wanted({"script": _write(tmp_path, text), "hints": hints or {}})


def test_keras_shape_units_and_loss_through_constants(tmp_path: Path) -> None:
    found = _wanted(
        tmp_path,
        """
        rows, columns = 28, 14
        classes = 7
        model.add(Conv2D(8, 3, input_shape=(rows, columns, 1)))
        model.add(Dense(classes, activation="softmax"))
        model.compile(loss="categorical_crossentropy")
        """,
    )
    assert found.input_shape == (28, 14, 1)
    assert found.units == 7
    assert found.classes == 7
    assert found.one_hot


@pytest.mark.parametrize(
    ("text", "shape", "classes"),
    [
        ("Dense(1, input_dim=5)\ncompile(loss='mse')", (5,), None),
        ("Dense(1, input_dim=5)\ncompile(loss='binary_crossentropy')", (5,), 2),
        ("LSTM(4)\nDense(3)", (20, 8), 3),
        ("Embedding(500, 8, input_length=60)\nDense(1)", (60,), None),
        (
            "g.flow_from_directory('a', target_size=(9, 7))\n"
            "Conv2D(2, 3, input_shape=unknown)\nDense(64, input_shape=(5,))\nDense(4)",
            (9, 7, 3),
            4,
        ),
        ("g.flow_from_directory('a', target_size=(9, 7))\nConv2D(2, 3)\nDense(4)", (9, 7, 3), 4),
        (
            "import torch\nnn.Conv2d(1, 8, 3)\nnn.Linear(9, 6)\nnn.CrossEntropyLoss()",
            (1, 64, 64),
            6,
        ),
        (
            "import torch\nx.view(-1, 1, 50, 40)\nnn.Conv2d(1, 8, 3)\nnn.Linear(9, 6)",
            (1, 50, 40),
            6,
        ),
    ],
)
def test_shapes_and_classes(
    tmp_path: Path, text: str, shape: tuple[int, ...], classes: int | None
) -> None:
    found = _wanted(tmp_path, text)
    assert found.input_shape == shape
    assert found.classes == classes


def test_hints_of_the_static_reader_win(tmp_path: Path) -> None:
    hints = {"input_shape": [None, 3], "output_units": 4, "loss": "mean_squared_error"}
    found = _wanted(tmp_path, "LSTM(4)\nDense(9)", hints)
    assert found.input_shape == (20, 3)
    assert found.units == 4
    assert found.loss == "mean_squared_error"


def test_a_hint_that_the_first_layer_cannot_take_is_ignored(tmp_path: Path) -> None:
    found = _wanted(tmp_path, "Conv2D(4, 3)\nDense(2)", {"input_shape": [256]})
    assert found.input_shape == (64, 64, 3)
    assert _wanted(tmp_path, "Dense(2)", {"input_shape": [6, 6]}).input_shape == (6, 6)


def test_unreadable_script_has_defaults(tmp_path: Path) -> None:
    assert _wanted(tmp_path, "def (:") == Wanted()


def _columns(tmp_path: Path, text: str, line: int = 1) -> Columns:
    return columns_of(_write(tmp_path, text), line)


def test_columns_by_name(tmp_path: Path) -> None:
    used = _columns(
        tmp_path,
        """
        df = pd.read_csv("a.csv")
        df["age"] = df["age"].fillna(0)
        x = df[["age", "fare"]]
        y = df.survived
        print(df.shape, df.head())
        """,
    )
    assert used.names == ["age", "fare", "survived"]
    assert used.labels == ["survived"]


def test_columns_by_position_follow_values(tmp_path: Path) -> None:
    used = _columns(
        tmp_path,
        """
        frame = pd.read_csv("a.csv", header=None)
        data = frame.values
        x = data[:, 0:60].astype(float)
        target = data[:, 60]
        """,
    )
    assert used.width == 61
    assert used.label_positions == [60]


def test_dropped_column_is_the_label_and_ranges_are_spelled_out(tmp_path: Path) -> None:
    used = _columns(tmp_path, 'df = pd.read_csv("a.csv")\nx = df.drop("quality", axis=1)\n')
    assert used.labels == ["quality"]
    used = _columns(tmp_path, 't = pd.read_csv("a.csv")\nx = t.loc[:, "1x1":"2x3"]\n')
    assert used.names == ["1x1", "1x2", "1x3", "2x1", "2x2", "2x3"]


def test_two_tables_are_kept_apart(tmp_path: Path) -> None:
    text = 'a = pd.read_csv("a.csv")\nb = pd.read_csv("b.csv")\nprint(a["x"], b["z"])\n'
    assert _columns(tmp_path, text, 1).names == ["x"]
    assert _columns(tmp_path, text, 2).names == ["z"]


def test_roles_by_use(tmp_path: Path) -> None:
    path = _write(tmp_path, "m.fit(a, b, validation_data=(c, d))\nm.evaluate(e, y=f)\n")
    assert roles_of(path) == {
        "a": Role("inputs", "train"),
        "b": Role("labels", "train"),
        "c": Role("inputs", "test"),
        "d": Role("labels", "test"),
        "e": Role("inputs", "test"),
        "f": Role("labels", "test"),
    }


def test_a_misspelled_name_stays_a_fault(tmp_path: Path) -> None:
    path = _write(tmp_path, "X_train, labels = load()\n")
    assert misspelled(path, "X_tran") == "X_train"
    assert misspelled(path, "x_train") == "X_train"
    assert misspelled(path, "y_train") is None
    assert misspelled(path, "X_test") is None


def test_only_training_functions_that_nothing_mentions() -> None:
    tree = ast.parse(
        "def train(net):\n    loss.backward()\n"
        "def used(net):\n    loss.backward()\n"
        "def other(net):\n    return net\n"
        "run = used\n"
    )
    assert uncalled_training(tree) == ["train"]
