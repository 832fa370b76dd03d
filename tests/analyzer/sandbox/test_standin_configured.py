"""The repository's `dataset` setting answers missing files and undefined names."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.inside import run_programs


def test_npz_gives_undefined_names_and_missing_files(tmp_path: Path) -> None:
    np.savez(tmp_path / "digits.npz", x=np.full((10, 4), 3.0), y=np.arange(10))
    program = """
        import numpy as np
        print(x_train.shape, y_test.tolist(), np.load("other.npz")["x"].shape)
    """
    ran = run_programs(tmp_path, {"a": program}, {"dataset": {"npz": "digits.npz"}})["a"]
    assert ran.error is None
    assert ran.output == "(8, 4) [8, 9] (10, 4)\n"
    assert ran.data == {"source": "configured"}


def test_csv_splits_off_the_target_and_replaces_a_missing_table(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,kind,b\n" + "1,0,2\n" * 5)
    program = """
        import pandas as pd
        print(X_train.shape, y_train.tolist(), list(pd.read_csv("/data/gone.csv")))
    """
    setting = {"csv": "table.csv", "target": "kind"}
    ran = run_programs(tmp_path, {"a": program}, {"dataset": setting})["a"]
    assert ran.error is None
    assert ran.output == "(4, 2) [0, 0, 0, 0] ['a', 'kind', 'b']\n"


def test_python_function_gives_both_halves(tmp_path: Path) -> None:
    (tmp_path / "loader.py").write_text(
        "import numpy as np\n"
        "def load():\n    return (np.ones((3, 2)), np.zeros(3)), (np.ones((1, 2)), np.ones(1))\n"
    )
    program = "import sys; sys.path.insert(0, '.')\nprint(x_train.shape, y_test.tolist())\n"
    setting = {"dataset": {"python": "loader:load"}}
    ran = run_programs(tmp_path, {"a": program}, setting)["a"]
    assert ran.error is None
    assert ran.output == "(3, 2) [1.0]\n"


def test_stand_in_form_sets_shape_and_classes(tmp_path: Path) -> None:
    program = "print(X_train.shape[1:], X_train.dtype, len(set(y_train.tolist())))\n"
    setting = {"dataset": {"stand_in": {"shape": [12, 12, 1], "classes": 7}}}
    ran = run_programs(tmp_path, {"a": program}, setting)["a"]
    assert ran.error is None
    assert ran.output == "(12, 12, 1) uint8 7\n"
    assert ran.data == {"source": "stand_in", "stand_in_for": "X_train, y_train"}


def test_configured_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    ran = run_programs(tmp_path, {"a": "print(x_train)"}, {"dataset": {"npz": "gone.npz"}})["a"]
    assert ran.error is not None
    assert ran.error.startswith("FileNotFoundError: dataset.npz: expected a path below")
    assert "'gone.npz'" in ran.error


def test_a_file_that_does_not_fit_can_be_counted_as_missing(tmp_path: Path) -> None:
    (tmp_path / "narrow.csv").write_text("1,2\n3,4\n")
    program = """
        import pandas as pd
        data = pd.read_csv("narrow.csv", header=None).values
        y = data[:, 6]
        print(data.shape[1])
    """
    as_is = run_programs(tmp_path, {"a": program})["a"]
    assert as_is.error is not None
    assert as_is.error.startswith("IndexError")
    (tmp_path / "results.json").unlink()
    invented = run_programs(tmp_path, {"a": program}, {"hints": {"invent_files": True}})["a"]
    assert invented.error is None
    assert invented.output == "7\n"
    assert invented.data == {"source": "stand_in", "stand_in_for": "narrow.csv"}
