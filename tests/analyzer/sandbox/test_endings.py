"""How programs end: each way as one word, one line and the user's own place."""

from __future__ import annotations

import pytest

from analyzer.observed import Observation
from tests.support.sandboxed import Programs, trouble_of


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("x = [1][3]\n", True),
        ("float('setosa')\n", True),
        ("''.absent\n", False),
        ("int(base=3, absent=1)\n", False),
        ("model.add(Absent2D(8, 3))\n", False),
        ("import torch\ntorch.nn.Linear(2, 3)(torch.zeros(3))\n", False),
        ("import torch\ntorch.nn.RNN(2, 3, nonlinearity='absent')\n", False),
        (
            "import torch\ntry:\n    torch.nn.RNN(2, 3, nonlinearity='absent')\n"
            "except ValueError as error:\n    raise ValueError('no model') from error\n",
            False,
        ),
    ],
)
def test_what_breaks_on_its_own_values_is_known(programs: Programs, text: str, own: bool) -> None:
    trouble = trouble_of(programs.run(text))
    assert (trouble.cause, trouble.own) == ("crash", own), trouble


def place(seen: Observation) -> tuple[str, int] | None:
    site = trouble_of(seen).site
    return None if site is None else (site.path, site.line)


@pytest.mark.parametrize(
    ("text", "cause", "line", "words", "missing"),
    [
        ("x = 1\nif x:\n", "syntax_error", 2, "(train.py, line 2)", None),
        ("print 'old'\n", "syntax_error", 1, "Missing parentheses", None),
        ("if 1:\n  x\n\ty\n", "syntax_error", 3, "TabError", None),
        ("\nimport cv2000\n", "missing_module", 2, "No module named 'cv2000'", "cv2000"),
        ("from json import absent\n", "missing_module", 1, "cannot import name", "json"),
        ("\nopen('train.csv')\n", "missing_data", 2, "No such file", "train.csv"),
        ("import os\nos.listdir('img')\n", "missing_data", 2, "No such file", "img"),
        (
            "import urllib.request\nurllib.request.urlopen('http://example.com/a.csv')\n",
            *("missing_data", 2, "no network", None),
        ),
        ("raise Exception('URL fetch failure on https://a.b/c.npz: None')\n",
         "missing_data", 1, "URL fetch", "https://a.b/c.npz"),
        ("raise FileNotFoundError('rows.csv not found.')\n",
         "missing_data", 1, "rows.csv", "rows.csv"),
        (
            "import argparse\np = argparse.ArgumentParser()\n"
            "p.add_argument('--data', required=True)\np.parse_args()\n",
            *("needs_arguments", 4, "the following arguments are required: --data", None),
        ),
        ("import sys\npath = sys.argv[1]\n", "needs_arguments", 2, "arguments", None),
        ("name = input('Name? ')\n", "needs_input", 1, "input()", None),
        ("x = undefined_data\n", "crash", 1, "NameError", "undefined_data"),
        ("import sys\nsys.exit('no data')\n", "crash", 2, "no data", None),
        ("import sys\nsys.exit(3)\n", "crash", 2, "status 3", None),
        ("import sys\nsys.exit(0)\n", "no_model", None, "without making a model", None),
        ("import os\nos._exit(0)\n", "no_model", None, "without making a model", None),
        ("quit()\n", "no_model", None, "without making a model", None),
        ("pass\n", "no_model", None, "without making a model", None),
        ("raise KeyboardInterrupt\n", "crash", 1, "KeyboardInterrupt", None),
        ("raise ValueError('a\\nb')\n", "crash", 1, "ValueError: a b", None),
        ("raise ValueError('\\ud800' * 5)\n", "crash", 1, "ValueError: ?????", None),
        ("def f():\n    f()\nf()\n", "crash", None, "RecursionError", None),
    ],
)  # fmt: skip
def test_endings(
    programs: Programs, text: str, cause: str, line: int | None, words: str, missing: str | None
) -> None:
    seen = programs.run(text)
    trouble = trouble_of(seen)
    assert (trouble.cause, trouble.missing) == (cause, missing), (trouble, seen.output)
    assert words in trouble.message
    assert "\n" not in trouble.message
    if line is not None:
        assert place(seen) == ("train.py", line)


def test_a_syntax_error_in_a_module_beside_the_script(programs: Programs) -> None:
    programs.write("net.py", "x = (\n")
    seen = programs.run("import net\n")
    assert trouble_of(seen).cause == "syntax_error"
    assert place(seen) == ("net.py", 1)
