"""Sound programs, run for real: observed, and neither an error nor a warning.

Experiments are left out here for their time, save for a few programs; `faultline bench reliability`
and `faultline check tests/programs/sound` make them.
"""

from pathlib import Path

import pytest

from analyzer import Options, analyze

SOUND = Path(__file__).parents[1] / "programs" / "sound"
WITH_EXPERIMENTS = frozenset({"mlp.py", "torch_counts.py"})


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", sorted(path.name for path in SOUND.glob("*.py")))
def test_sound_program_is_observed_and_left_alone(name: str) -> None:
    options = Options(budget=120, experiments=name in WITH_EXPERIMENTS)
    (program,) = analyze(SOUND, [name], options).programs
    assert program.status == "observed", program.reason
    assert program.trace is not None
    assert program.trace.steps > 0
    assert [f for f in program.findings if f.severity != "advice"] == []


def test_there_are_more_than_thirty_of_them() -> None:
    assert len(list(SOUND.glob("*.py"))) > 30
