"""Running the user's program as Python would, and saying precisely how it ended."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from analyzer.limits import Limits
from analyzer.observed import Observation
from tests.support.sandboxed import SMALL, Programs, trouble_of

TRAIN = """
import sys
recorder = sys.modules["_faultline_inside.recorder"]
import gc
(record,) = [item for item in gc.get_objects() if isinstance(item, recorder.Recorder)]
"""


def printed(programs: Programs, text: str, **keywords: Any) -> Any:
    seen = programs.run(text, **keywords)
    assert trouble_of(seen).cause == "no_model", (seen.trouble, seen.output)
    return json.loads(seen.output.splitlines()[-1])


def place(seen: Observation) -> tuple[str, int] | None:
    site = trouble_of(seen).site
    return None if site is None else (site.path, site.line)


def test_a_script_sees_what_python_would_show_it(either: Programs) -> None:
    either.write("steps/helper.py", "value = 7\n")
    text = """
        import json, os, sys
        import helper
        print(json.dumps([__name__, os.path.basename(__file__), sys.argv[1:], helper.value,
                          sys.path[0] == os.path.dirname(__file__), __spec__ is None,
                          os.getcwd() == os.path.dirname(os.path.abspath(__file__)),
                          sys.modules["__main__"].__dict__ is globals(), __doc__, __package__]))
        """
    shown = printed(either, text, script="steps/my train.py", argv=("--epochs", "1"))
    assert shown == [
        "__main__",
        "my train.py",
        ["--epochs", "1"],
        7,
        True,
        True,
        True,
        True,
        None,
        None,
    ]


@pytest.mark.parametrize("name", ["app", "worker", "recorder", "json", "tarfile", "random"])
def test_modules_of_the_program_win_over_ours(programs: Programs, name: str) -> None:
    programs.write(f"{name}.py", "mine = True\n")
    text = f"""
        import {name}
        print("true" if {name}.mine else "false")
        """
    assert printed(programs, text) is True


def test_packages_of_the_program_win_over_ours(programs: Programs) -> None:
    programs.write("json/__init__.py", "mine = True\n")
    assert printed(programs, "import json\nprint('true' if json.mine else 'false')\n") is True


def test_our_folder_is_not_on_the_import_path(programs: Programs) -> None:
    seen = programs.run("import on_import\n")
    assert (trouble_of(seen).cause, trouble_of(seen).missing) == ("missing_module", "on_import")


def test_an_entry_function(programs: Programs) -> None:
    programs.write("jobs/__init__.py", "")
    programs.write("jobs/training.py", "def main():\n    raise ValueError('here')\n")
    seen = programs.run(script=None, entry="jobs.training:main")  # type: ignore[arg-type]
    assert place(seen) == ("jobs/training.py", 2)


def test_a_chosen_working_folder(programs: Programs) -> None:
    programs.write("data.txt", "3")
    text = "print(open('data.txt').read())\n"
    assert printed(programs, text, script="deep/train.py", working_folder="") == 3


def test_texts_replace_files(programs: Programs) -> None:
    programs.write("train.py", "raise ValueError\n")
    assert printed(programs, "raise ValueError\n", texts={"train.py": "print(5)\n"}) == 5
    assert (programs.root / "train.py").read_text() == "raise ValueError\n"


def test_line_endings_encodings_and_tabs(programs: Programs) -> None:
    source = (
        "# -*- coding: latin-1 -*-\r\nname = 'gr\xf6\xdfe'\r\nif name:\r\n\tprint(len(name))\r\n"
    )
    (programs.root / "train.py").write_bytes(source.encode("latin-1"))
    seen = programs.run()
    assert seen.output == "5\n"


def test_tracebacks_show_the_users_frames_only(either: Programs) -> None:
    seen = either.run("def f():\n    return 1 / 0\nf()\n")
    trouble = trouble_of(seen)
    assert (trouble.cause, trouble.message) == ("crash", "ZeroDivisionError: division by zero")
    assert trouble.site is not None
    columns = (trouble.site.line, trouble.site.column, trouble.site.end_column)
    assert columns == (2, 11, 16)
    assert "return 1 / 0" in seen.output
    assert "main.py" not in seen.output


def test_a_crash_in_a_library_is_placed_on_the_users_line(programs: Programs) -> None:
    seen = programs.run("import json\ntext = '{'\njson.loads(text)\n")
    assert trouble_of(seen).cause == "crash"
    assert place(seen) == ("train.py", 3)


def test_warnings_carry_the_users_line_and_are_still_shown(programs: Programs) -> None:
    text = """
        import warnings
        warnings.warn("odd shape", UserWarning)
        def old():
            warnings.warn("old spelling", FutureWarning, stacklevel=2)
        old()
        """
    seen = programs.run(text)
    found = [(w.category, w.message, w.site and w.site.line) for w in seen.warnings]
    assert found == [("UserWarning", "odd shape", 3), ("FutureWarning", "old spelling", 6)]
    assert "train.py:3: UserWarning: odd shape" in seen.output


def test_the_warm_up_ends_the_program(programs: Programs) -> None:
    text = f"""{TRAIN}
try:
    for step in range(100):
        record.step_done(1.0 / (step + 1))
finally:
    print("cleaned up")
print("never")
"""
    seen = programs.run(text, steps=4)
    assert seen.trouble is None
    assert seen.trace is not None
    assert (seen.trace.steps, seen.trace.ended) == (4, "steps")
    assert seen.trace.loss == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    assert seen.output == "cleaned up\n"


def test_a_program_that_swallows_the_end(either: Programs) -> None:
    text = f"""{TRAIN}
while True:
    try:
        record.step_done(1.0)
    except:
        print("swallowed")
"""
    seen = either.run(text, steps=4)
    assert seen.trouble is None
    assert seen.trace is not None
    assert seen.trace.steps == 4
    assert seen.output == "swallowed\n"


def test_a_program_that_swallows_the_end_and_goes_on_without_hooks(programs: Programs) -> None:
    text = f"""{TRAIN}
try:
    record.step_done(1.0)
except BaseException:
    while True:
        pass
"""
    seen = programs.run(text, steps=1)
    assert seen.trouble is None
    assert seen.trace is not None
    assert seen.trace.steps == 1


def test_a_short_training_ends_with_the_program(programs: Programs) -> None:
    seen = programs.run(f"{TRAIN}\nrecord.step_done(2.0)\n", steps=4)
    assert seen.trouble is None
    assert seen.trace is not None
    assert (seen.trace.steps, seen.trace.ended) == (1, "program_end")


def test_a_crash_after_some_steps_keeps_them(programs: Programs) -> None:
    seen = programs.run(f"{TRAIN}\nrecord.step_done(2.0)\nraise ValueError('bad')\n", steps=4)
    assert trouble_of(seen).cause == "crash"
    assert seen.trace is not None
    assert (seen.trace.steps, seen.trace.ended) == (1, "error")


def test_a_deadline_after_some_steps_ends_the_warm_up(programs: Programs) -> None:
    text = f"{TRAIN}\nrecord.step_done(2.0)\nwhile True:\n    pass\n"
    seen = programs.run(text, steps=4, limits=replace(SMALL, wall_seconds=4.0))
    assert seen.trouble is None
    assert seen.trace is not None
    assert (seen.trace.steps, seen.trace.ended) == (1, "time")
    assert "after 1 steps, at train.py line" in seen.trace.notes[0]


def test_a_kill_after_some_steps_keeps_them(programs: Programs) -> None:
    text = f"{TRAIN}\nrecord.step_done(2.0)\nimport os\nos.kill(os.getpid(), 9)\n"
    seen = programs.run(text, steps=4)
    assert trouble_of(seen).cause == "killed"
    assert seen.trace is not None
    assert seen.trace.steps == 1


def test_the_same_seed_gives_the_same_numbers(programs: Programs) -> None:
    text = """
        import json, random
        import numpy
        print(json.dumps([random.random(), numpy.random.rand(), hash("x") % 1000]))
        """
    first = printed(programs, text, seed=3)
    assert printed(programs, text, seed=3) == first
    assert printed(programs, text, seed=3, observe=False) == first
    assert printed(programs, text, seed=4) != first


def test_cuda_means_the_cpu_where_there_is_none(programs: Programs) -> None:
    text = """
        import torch
        from torch import nn
        torch.manual_seed(1)
        device = torch.device("cuda:0")
        torch.cuda.set_device(0)
        model = nn.Sequential(nn.Linear(4, 3, device="cuda"), nn.ReLU()).cuda().to(device)
        inputs = torch.rand(2, 4, device=device).to("cuda", non_blocking=True).cuda(0)
        torch.save(model.state_dict(), "model.pt")
        torch.load("model.pt", map_location="cuda:0")
        target = torch.zeros(2, 3).type(torch.cuda.FloatTensor).to(device=0)
        loss = nn.functional.mse_loss(model(inputs), target)
        loss.backward()
        print(loss.device, torch.cuda.is_available(), round(loss.item(), 6))
        """
    limits = Limits(wall_seconds=60)
    seen = programs.run(text, limits=limits)
    plain = text.replace(".to(device=0)", "").replace("cuda:0", "cpu").replace(".cuda(0)", "")
    plain = (
        plain.replace(".cuda()", "").replace('"cuda"', '"cpu"').replace("torch.cuda.Fl", "torch.Fl")
    )
    plain = plain.replace("        torch.cuda.set_device(0)\n", "")
    expected = programs.run(plain.replace("torch.cuda.is_available()", "False"), limits=limits)
    assert seen.output.startswith("cpu False ")
    assert seen.output == expected.output
