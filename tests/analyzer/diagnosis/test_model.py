"""The shipped evaluator against scikit-learn, calibration, the split, the figures, the verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.diagnosis.corpus.recipe import Seeded
from analyzer.diagnosis.corpus.samples import Sample
from analyzer.diagnosis.evaluation import (
    evaluate,
    figures_of,
    held_out,
    kind_figures,
)
from analyzer.diagnosis.forest import (
    Forest,
    ModelError,
    calibrated,
    forest_from_json,
    forest_to_json,
)
from analyzer.diagnosis.rows import KINDS, LABELS, Rows, rows_of
from analyzer.diagnosis.stability import chosen, spoken
from analyzer.diagnosis.training import (
    METHODS,
    calibration_curves,
    grow_forest,
    out_of_fold,
    shares,
    train_model,
)
from analyzer.diagnosis.verdict import (
    STRUCTURE,
    LearnedVerdict,
    applies,
    judge,
    shipped_model,
    verdict_of,
)
from analyzer.observed import DataProfile, Trace
from analyzer.rules.samples import dense, labels, sample, table

BASES, EACH, TREES = 16, 5, 25


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Made-up programs: each kind moves a feature of its own; some values are missing."""
    random = np.random.default_rng(0)
    kept = []
    for base in range(BASES):
        for number in range(EACH):
            kind = KINDS[(base + number) % 3] if number else None
            faults = (Seeded("made", kind, "other"),) if kind else ()
            values = random.normal(size=6)
            if kind:
                values[KINDS.index(kind)] += 6.0
            values[5] = np.nan if random.random() < 0.5 else values[5]
            one = Sample(f"{base}-{number}", base, 0, "torch", faults, {}, "")
            kept.append((one, {f"f{i}": float(v) for i, v in enumerate(values)}))
    return rows_of(kept)


@pytest.fixture(scope="module")
def model(rows: Rows) -> Forest:
    """Trained on all of them."""
    return train_model(rows, {"seed": 7}, trees=TREES)


def test_the_file_answers_as_scikit_learn_does(rows: Rows, model: Forest) -> None:
    forest = forest_from_json(forest_to_json(model))
    expected = shares(grow_forest(rows, TREES), rows.values)
    for values, row in zip(rows.values, expected, strict=True):
        found = forest.raw(dict(zip(rows.features, values, strict=True)))
        assert found == pytest.approx(row, abs=1e-3)


def test_a_model_file_survives_the_way_there_and_back(model: Forest) -> None:
    text = forest_to_json(model)
    assert forest_to_json(forest_from_json(text)) == text
    assert forest_from_json(text).facts["seed"] == 7


def test_a_file_of_another_version_is_refused(model: Forest) -> None:
    text = forest_to_json(model).replace('"version":1', '"version":99')
    with pytest.raises(ModelError, match=r"version 99, expected 1; rebuild it"):
        forest_from_json(text)


def test_no_model_sees_a_sibling_of_what_it_answers_for(rows: Rows) -> None:
    seen: list[set[int]] = []
    asked: list[set[int]] = []

    def train(part: Rows):
        seen.append(set(part.bases.tolist()))
        own = {tuple(np.nan_to_num(values)) for values in part.values}

        def estimate(values):
            assert not own & {tuple(np.nan_to_num(one)) for one in values}
            known = [tuple(np.nan_to_num(one)) for one in rows.values]
            asked.append({int(rows.bases[known.index(tuple(np.nan_to_num(v)))]) for v in values})
            return np.zeros((len(values), len(LABELS)))

        return estimate

    out_of_fold(rows, train)
    assert len(seen) == 5
    assert set.union(*asked) == set(rows.bases.tolist())
    assert all(not one & other for one, other in zip(seen, asked, strict=True))


def test_held_out_programs_are_whole_families(rows: Rows) -> None:
    held = held_out(rows)
    assert not set(rows.bases[held].tolist()) & set(rows.bases[~held].tolist())
    assert 0 < held.sum() < len(held)


def test_what_can_be_told_is_told_and_the_blamer_is_beaten(rows: Rows) -> None:
    found = evaluate(rows, [next(iter(METHODS)), "always the output activation"])
    shipped, blamer = found.methods
    assert shipped.top_two >= 0.9
    assert shipped.precision > 0.8 > blamer.precision
    assert found.bases + found.held_bases == BASES


@pytest.mark.parametrize("method", ["random forest", "gradient boosting", "the paper's union"])
def test_every_compared_method_learns(rows: Rows, method: str) -> None:
    held = held_out(rows)
    own, other = rows.part(~held), rows.part(held)
    found = METHODS[method](own)(other.values)
    assert found.shape == other.truth.shape
    assert figures_of(method, found, other, 0.5).top_two >= 0.8


@given(st.floats(0, 1), st.floats(0, 1))
def test_calibration_keeps_the_order(one: float, other: float) -> None:
    curve = ((0.0, 0.01), (0.2, 0.1), (0.7, 0.9), (1.0, 0.99))
    low, high = sorted((one, other))
    assert 0.0 < calibrated(low, curve) <= calibrated(high, curve) < 1.0


def test_curves_rise_and_stay_probabilities(rows: Rows) -> None:
    raw = np.random.default_rng(2).random(rows.truth.shape)
    for curve in calibration_curves(raw, rows):
        xs, ys = zip(*curve, strict=True)
        assert list(xs) == sorted(set(xs))
        assert list(ys) == sorted(ys)
        assert 0.0 <= ys[0] <= ys[-1] <= 1.0


def test_figures_count_as_by_hand(rows: Rows) -> None:
    few = rows.part(np.asarray([True] * 3 + [False] * (len(rows.bases) - 3)))
    truth = np.zeros((3, len(LABELS)), dtype=bool)
    truth[0, LABELS.index("sound")] = True
    truth[1, 0] = truth[2, 1] = True
    few = replace(few, truth=truth)
    found = np.zeros(truth.shape)
    found[0, -1] = 0.8  # sound, called so
    found[1, :3] = (0.1, 0.6, 0.9)  # the true kind third
    found[2, :3] = (0.1, 0.6, 0.9)  # second
    one = figures_of("x", found, few, 0.5)
    assert (one.faulty, one.sound) == (2, 1)
    assert (one.top_two, one.top_one) == (0.5, 0.0)
    assert (one.sound_kept, one.faulty_caught) == (1.0, 1.0)
    assert (one.precision, one.recall) == (0.25, 0.5)
    second = kind_figures(found, few)[1]
    assert (second.programs, second.precision, second.recall, second.top_two) == (1, 0.5, 1.0, 1.0)


def test_a_verdict_ranks_the_kinds(model: Forest) -> None:
    features = {f"f{i}": 0.0 for i in range(6)} | {"f1": 7.0}
    verdict = judge(model, features)
    assert verdict.ranked[0] == KINDS[1]
    assert list(verdict.probabilities.values()) == sorted(
        verdict.probabilities.values(), reverse=True
    )
    assert set(verdict.probabilities) == set(KINDS)
    assert not verdict.calls_sound
    assert spoken(verdict) == KINDS[1]


def test_a_sound_verdict_is_spoken_as_sound() -> None:
    assert spoken(LearnedVerdict({"loss": 0.9}, sound=0.6, sound_at=0.5)) == "sound"


def test_repeats_are_spread_over_the_programs(rows: Rows) -> None:
    few = chosen(rows, 4)
    assert len({one.base for one in few}) == 4


def trained_program(trace: Trace | None, source: str = "program"):
    """A regression in Keras with this warm-up."""
    return sample(
        "model.fit(x, y)",
        layers=[dense(1, 1)],
        loss="mse",
        optimizer="adam",
        inputs=table(),
        targets=labels("continuous", std=1.0),
        data={"source": source},
        trace=trace,
    )


def test_the_run_speaks_only_when_it_trained_on_data_of_its_own() -> None:
    long = Trace(steps=60, loss=(1.0,) * 60)
    assert applies(trained_program(long))
    assert not applies(trained_program(None))
    assert not applies(trained_program(Trace(steps=2, loss=(1.0, 1.0), ended="time")))
    assert applies(trained_program(Trace(steps=2, loss=(1.0, 1.0), ended="program_end")))
    assert not applies(replace(trained_program(long), data=None))
    invented = DataProfile(inputs=(table(),), source="stand_in")
    assert not applies(replace(trained_program(long), data=invented))


@pytest.mark.skipif(not STRUCTURE.is_file(), reason="no model of structures in this tree")
def test_without_a_run_or_on_invented_data_the_structure_alone_is_judged() -> None:
    long = trained_program(Trace(steps=60, loss=(1.0,) * 60))
    invented = DataProfile(inputs=(table(),), source="stand_in")
    for program in (trained_program(None), replace(long, data=invented)):
        verdict = verdict_of(program)
        assert verdict is not None
        assert verdict.seen == "structure"
    whole = verdict_of(long)
    assert whole is not None
    assert whole.seen == "run"


def test_there_is_no_verdict_without_an_optimizer_or_a_loss() -> None:
    program = trained_program(None)
    assert program.learner is not None
    for missing in ("optimizers", "losses"):
        learner = program.learner.model_copy(update={missing: ()})
        assert verdict_of(replace(program, learner=learner)) is None


def test_the_shipped_model_answers_with_probabilities() -> None:
    model = shipped_model()
    assert model is not None
    assert set(model.labels) == set(LABELS)
    verdict = verdict_of(trained_program(Trace(steps=60, loss=(1.0,) * 60)))
    assert verdict is not None
    assert all(0.0 <= one <= 1.0 for one in (*verdict.probabilities.values(), verdict.sound))
