"""From nothing to a model: corpus, observations, model, figures. Everything by one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from analyzer.diagnosis.card import card_tables
from analyzer.diagnosis.corpus.cache import Cache
from analyzer.diagnosis.corpus.collecting import generate, observe
from analyzer.diagnosis.evaluation import HeldOut, evaluate, evaluate_structure, held_out
from analyzer.diagnosis.forest import Forest, forest_to_json
from analyzer.diagnosis.rows import Rows, read_rows, read_structures
from analyzer.diagnosis.stability import SEEDS, Stability, chosen, stability
from analyzer.diagnosis.training import METHODS, train_model, train_structure
from analyzer.options import SandboxPolicy

Say = Callable[[str], None]
SMALL = 4  # base programs of the small corpus, all of them for PyTorch


@dataclass(frozen=True, slots=True)
class Plan:
    """What to build.

    Attributes:
        programs: base programs drawn; about three quarters of them learn and are kept.
        repeats: held-out programs that are observed with other seeds.
        torch_only: no Keras programs, whose runs take ten times as long.
        methods: what is compared; the first one is shipped.
    """

    programs: int = 320
    seed: int = 1
    repeats: int = 12
    torch_only: bool = False
    methods: tuple[str, ...] = tuple(METHODS)


SMALL_PLAN = Plan(programs=SMALL, repeats=0, torch_only=True, methods=tuple(METHODS)[:1])


@dataclass(frozen=True, slots=True)
class Built:
    """The models and their figures.

    Attributes:
        forest: of programs that train on data of their own; structure: of all others.
        figures, structural: of either, on the held-out base programs.
    """

    forest: Forest
    structure: Forest
    figures: HeldOut
    structural: HeldOut
    repeats: Stability | None

    @property
    def card(self) -> str:
        """The figures as Markdown."""
        return card_tables(self.figures, self.repeats, self.structural)


def build(plan: Plan, folder: Path, policy: SandboxPolicy, say: Say) -> Built:
    """Complete the corpus in `folder`, judge the methods, train on everything."""
    cache = Cache(folder)
    generate(cache, plan.seed, plan.programs, policy, say, plan.torch_only)
    observe(cache, policy, say)
    rows = read_rows(cache)
    say(f"{len(rows.bases)} programs observed, {len(rows.features)} features")
    figures = evaluate(rows, plan.methods)
    repeats = _repeats(plan, cache, rows, policy, say) if plan.repeats else None
    views = read_structures(cache)
    structural = evaluate_structure(views)
    facts = {"seed": plan.seed, "bases": len(set(rows.bases.tolist()))}
    repeated = asdict(repeats) if repeats else None
    return Built(
        forest=train_model(rows, {**facts, "held_out": asdict(figures), "repeats": repeated}),
        structure=train_structure(views, {**facts, "held_out": asdict(structural)}),
        figures=figures,
        structural=structural,
        repeats=repeats,
    )


def _repeats(plan: Plan, cache: Cache, rows: Rows, policy: SandboxPolicy, say: Say) -> Stability:
    """Repeat held-out programs, under a model that has not seen them."""
    held = held_out(rows)
    samples = chosen(rows.part(held), plan.repeats)
    observe(cache, policy, say, samples, SEEDS)
    return stability(cache, train_model(rows.part(~held)), samples)


def write_model(forest: Forest, path: Path) -> None:
    """The model file, whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(forest_to_json(forest), encoding="utf-8")
    part.replace(path)
