"""Generated programs: they parse, are the same for the same seed, and name their faults' lines."""

from __future__ import annotations

import ast
from dataclasses import replace
from itertools import islice
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.diagnosis.corpus.cache import Cache
from analyzer.diagnosis.corpus.check_text import check_program
from analyzer.diagnosis.corpus.checking import learns, matters
from analyzer.diagnosis.corpus.families import Checked, candidates, siblings
from analyzer.diagnosis.corpus.faults import FAULTS, applicable
from analyzer.diagnosis.corpus.recipe import Recipe
from analyzer.diagnosis.corpus.samples import Family, make_sample, write
from analyzer.diagnosis.rows import KINDS, LABELS, truth_of
from analyzer.kinds import Kind
from analyzer.observed import Observation, Trace

families = st.builds(Family.draw, st.integers(0, 2**31), st.integers(0, 10_000))


@given(families)
@settings(max_examples=60, deadline=None)
def test_every_program_parses_and_every_fault_changes_it(family: Family) -> None:
    sound = family.sound
    ast.parse(sound.text)
    for fault, recipe in family.singles():
        sample = make_sample(family.base, family.seed, recipe, fault.seeded)
        ast.parse(sample.text)
        assert sample.text != sound.text, fault.name
        assert sample.kinds == fault.kinds
        for seeded in fault.seeded:
            lines = sample.lines[seeded.fault]
            assert lines
            assert all(sample.text.splitlines()[line - 1].strip() for line in lines)


@given(families)
@settings(max_examples=30, deadline=None)
def test_checks_of_every_program_parse(family: Family) -> None:
    ast.parse(check_program([family.recipe, *(recipe for _, recipe in family.singles())]))


def test_no_data_takes_a_name_that_the_check_needs() -> None:
    needed = {"score", "fair", "binary", "several", "hinge", "categorical"}
    for base in range(150):
        data = Family.draw(1, base).recipe.data
        tree = ast.parse("\n".join(data.lines))
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        assert not {name.id for name in names} & needed


@given(st.integers(0, 2**31), st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_a_seed_gives_the_same_family_again(seed: int, base: int) -> None:
    one, other = Family.draw(seed, base), Family.draw(seed, base)
    assert one.sound == other.sound
    assert [fault.name for fault, _ in one.singles()] == [
        fault.name for fault, _ in other.singles()
    ]


def test_every_fault_occurs_and_its_kind_is_a_word_of_ours() -> None:
    seen = {fault.name for base in range(90) for fault, _ in Family.draw(1, base).singles()}
    assert seen == {fault.name for fault in FAULTS}
    assert {fault.kind for fault in FAULTS} <= set(get_args(Kind))
    assert set(KINDS) == {kind for fault in FAULTS for kind in fault.kinds}


@given(families)
@settings(max_examples=40, deadline=None)
def test_faults_together_keep_what_each_of_them_changed(family: Family) -> None:
    faults = [fault for fault, _ in family.singles()][:6]
    for size in (2, 3):
        for group, changed in islice(family.together(faults, size), 5):
            kinds = [kind for fault in group for kind in fault.kinds]
            assert len(group) == size
            assert len(kinds) == len(set(kinds))
            differs = [
                name
                for name in Recipe.__dataclass_fields__
                if getattr(changed, name) != getattr(family.recipe, name)
            ]
            assert len(differs) >= size
            ast.parse(write(changed).text)


def test_small_sets_are_learned_whole_and_in_every_form_of_batch() -> None:
    small = [
        family.recipe
        for family in (Family.draw(1, base) for base in range(400))
        if family.recipe.data.small
    ]
    assert {recipe.data.samples for recipe in small} >= {4, 8, 12, 20}
    assert any(recipe.batch_size == 1 for recipe in small)
    assert any(recipe.batch_size == recipe.data.samples for recipe in small)
    assert all(recipe.steps >= 500 for recipe in small)
    assert all("held = own = parts" in check_program([recipe]) for recipe in small[:3])


def test_texts_go_through_an_embedding_in_both_frameworks() -> None:
    texts = [
        family
        for family in (Family.draw(1, base) for base in range(200))
        if family.recipe.data.form == "text"
    ]
    assert {family.recipe.written for family in texts} == {"torch", "keras"}
    assert all("Embedding(" in family.sound.text for family in texts)


def test_tried_faults_are_of_different_kinds() -> None:
    for base in range(30):
        kinds = [fault.kind for fault, _ in candidates(Family.draw(1, base))]
        assert len(kinds) == len(set(kinds))


def test_siblings_are_sound_single_and_double() -> None:
    family = Family.draw(1, 1)
    made = siblings(family, family.singles()[:4])
    assert [len(sample.faults) for sample in made[:1]] == [0]
    assert all(1 <= len(sample.faults) <= 2 for sample in made[1:5])
    assert all(2 <= len(sample.faults) <= 4 for sample in made[5:])
    assert len({sample.name for sample in made}) == len(made)
    assert {sample.base for sample in made} == {1}


@pytest.mark.parametrize(
    ("sound", "faulty", "answer"),
    [
        (0.9, 0.2, True),
        (0.9, 0.7, False),
        (0.45, 0.35, False),
        (0.9, -3.0, True),
        (0.9, None, False),
        (None, 0.1, False),
    ],
)
def test_a_fault_matters_when_it_costs_enough(
    sound: float | None, faulty: float | None, answer: bool
) -> None:
    assert matters(sound, faulty) is answer


def test_a_program_at_chance_is_not_sound() -> None:
    assert learns(0.6)
    assert not learns(0.1)
    assert not learns(None)


def test_truth_names_the_kinds_or_sound() -> None:
    family = Family.draw(1, 1)
    fault, recipe = family.singles()[0]
    faulty = make_sample(1, 1, recipe, fault.seeded)
    true = {label for label, true in zip(LABELS, truth_of(faulty), strict=True) if true}
    assert true == fault.kinds
    assert truth_of(family.sound)[LABELS.index("sound")]
    assert sum(truth_of(family.sound)) == 1


def test_unscaled_inputs_leave_the_scaling_out() -> None:
    scaled = next(
        recipe
        for recipe in (Family.draw(1, base).recipe for base in range(50))
        if recipe.data.scaling
    )
    found = {fault.name: changed for fault, changed in applicable(scaled, Random(0))}
    without = found["unscaled_inputs"]
    assert without == replace(scaled, scaled=False)
    assert scaled.data.scaling[0] in write(scaled).text
    assert scaled.data.scaling[0] not in write(without).text


def test_the_cache_gives_back_what_was_written(tmp_path) -> None:
    family = Family.draw(1, 1)
    samples = siblings(family, family.singles()[:2])
    checked = Checked(1, 0.8, samples, (("low_rate", 0.1), ("few_epochs", None)))
    cache = Cache(tmp_path / "new")
    assert list(cache.families()) == []
    cache.add_family(checked)
    seen = Observation(trace=Trace(steps=2, loss=(1.0, float("inf"))))
    cache.add_observation(samples[0].name, 3, seen)
    assert list(cache.families()) == [checked]
    assert cache.observed() == {(samples[0].name, 3)}
    assert list(cache.observations()) == [(samples[0].name, 3, seen)]


def test_a_line_cut_short_is_left_out(tmp_path) -> None:
    cache = Cache(tmp_path)
    cache.add_family(Checked(1, 0.8, ()))
    with (tmp_path / "families.jsonl").open("a") as file:
        file.write('{"base": 2, "sc')
    assert [family.base for family in cache.families()] == [1]
