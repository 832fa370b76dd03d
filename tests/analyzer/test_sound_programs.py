"""Sound programs, run for real: observed, and neither an error nor a warning."""

from pathlib import Path

import pytest

from analyzer import Options, analyze

SOUND = Path(__file__).parents[1] / "programs" / "sound"


@pytest.mark.parametrize("name", sorted(path.name for path in SOUND.glob("*.py")))
def test_sound_program_is_observed_and_left_alone(name: str) -> None:
    (program,) = analyze(SOUND, [name], Options(budget=120)).programs
    assert program.status == "observed", program.reason
    assert program.trace is not None
    assert program.trace.steps > 0
    assert [f for f in program.findings if f.severity != "advice"] == []


def test_there_are_five_of_them() -> None:
    assert len(list(SOUND.glob("*.py"))) >= 5
