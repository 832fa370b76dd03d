"""What observing costs: the programs that are timed, and the figures made of their times."""

from __future__ import annotations

import os

import pytest

from analyzer.benchmarks.overhead import (
    KERAS_MODELS,
    MARK,
    SKIPPED,
    STEPS,
    TORCH_MODELS,
    measure_overheads,
    overhead_of,
    overhead_table,
    program_text,
)
from analyzer.commands.options import sandbox_policy


def moments(steps: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The moments at which steps of these (wall, processor) seconds begin."""
    found = [(100.0, 1.0)]
    for wall, processor in steps:
        found.append((found[-1][0] + wall, found[-1][1] + processor))
    return found


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_every_program_is_one(framework: str, device: str) -> None:
    assert TORCH_MODELS.keys() == KERAS_MODELS.keys()
    for model in TORCH_MODELS:
        text = program_text(framework, model, 32, device)
        compile(text, model, "exec")
        assert MARK in text
        assert "{" not in text.replace("{}", "")


def test_the_first_steps_count_for_the_whole_alone() -> None:
    bare = moments([(1.0, 1.0)] * (SKIPPED + 4))
    observed = moments([(9.0, 1.0)] * SKIPPED + [(1.2, 1.1), (1.2, 1.1), (1.2, 1.1), (2.4, 1.1)])
    found = overhead_of(("torch", "mlp", 32), [(bare, observed)])
    assert found.bare == pytest.approx(1.0)
    assert found.observed == found.ratio == pytest.approx(1.5)
    assert found.cpu_ratio == pytest.approx(1.1)
    assert found.median_ratio == pytest.approx(1.2)
    assert found.whole_ratio == pytest.approx((9.0 * SKIPPED + 6.0) / (SKIPPED + 4))


def test_one_disturbed_pair_of_three_does_not_count() -> None:
    quiet = moments([(1.0, 1.0)] * (SKIPPED + 3)), moments([(1.1, 1.1)] * (SKIPPED + 3))
    noisy = quiet[0], moments([(7.0, 3.0)] * (SKIPPED + 3))
    found = overhead_of(("torch", "mlp", 32), [quiet, noisy, quiet])
    assert found.ratio == pytest.approx(1.1)
    row = "| torch | mlp | 32 | 1000.00 | 1100.00 | 1.10 | 1.10 | 1.10 | 1.10 | 1.10 |"
    assert row in overhead_table([found])


def test_of_each_step_the_least_counts() -> None:
    first = [(1.0, 1.0)] * SKIPPED + [(1.0, 1.0), (9.0, 1.0)]
    second = [(1.0, 1.0)] * SKIPPED + [(9.0, 1.0), (1.0, 1.0)]
    looking = [(1.0, 1.0)] * SKIPPED + [(1.0, 1.0), (2.0, 1.0)]
    pairs = [(moments(first), moments(looking)), (moments(second), moments(looking))]
    assert overhead_of(("torch", "mlp", 32), pairs).least_ratio == pytest.approx(1.5)


def test_a_program_is_timed_bare_and_observed() -> None:
    said: list[str] = []
    policy = sandbox_policy(os.environ)
    (found,) = measure_overheads(["torch"], [8], 1, policy, said.append, models=["mlp"])
    assert said == ["torch mlp at batch 8"]
    assert 0 < found.bare < 300 / STEPS
    assert 0 < found.observed < 300 / STEPS
    assert found.ratio == pytest.approx(found.observed / found.bare)
    assert min(found.cpu_ratio, found.median_ratio, found.whole_ratio) > 0
