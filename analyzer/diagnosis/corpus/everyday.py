"""Samples as small programs have them: truth tables, a few rows, raw counts, categories, texts."""

from __future__ import annotations

from random import Random

from analyzer.diagnosis.corpus.recipe import Data, Task

BY_HAND = ("X = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-8)",)
TARGET = ("y = (y - y.mean()) / y.std()",)
TARGET_BY_MOST = ("y = y / y.max()",)


def logic(random: Random) -> Data:
    """A truth table of two or three inputs."""
    inputs = random.choice((2, 2, 3))
    rows = 2**inputs
    name = random.choice(("xor", "xor", "and", "or"))
    bits = [[row >> (inputs - 1 - i) & 1 for i in range(inputs)] for row in range(rows)]
    truth = {
        "xor": [sum(row) % 2 for row in bits],
        "and": [int(all(row)) for row in bits],
        "or": [int(any(row)) for row in bits],
    }[name]
    kind = random.choice(("", ", dtype=np.float32"))
    return Data(
        task="binary",
        form="tabular",
        lines=(f"X = np.array({bits}{kind})", f"y = np.array({truth})"),
        imports=(),
        samples=rows,
        shape=(inputs,),
        outputs=2,
        linear=name != "xor",
    )


def few_rows(random: Random) -> Data:
    """Some rows of whole numbers, of one size or of two, in two or three classes."""
    samples, features = random.choice((12, 20, 30)), random.choice((2, 3, 4))
    classes = random.choice((2, 2, 3))
    wide = random.random() < 0.6
    sizes = [random.choice((10, 100, 1000)) if wide else 3 for _ in range(features)]
    rows = [[random.randint(0, size) for size in sizes] for _ in range(samples)]
    score = [sum(v / size for v, size in zip(row, sizes, strict=True)) for row in rows]
    order = sorted(score)
    cuts = [order[samples * i // classes] for i in range(1, classes)]
    truth = [sum(value >= cut for cut in cuts) for value in score]
    return Data(
        task="binary" if classes == 2 else "multiclass",
        form="tabular",
        lines=(f"X = np.array({rows}, dtype=float)", f"y = np.array({truth})"),
        imports=(),
        samples=samples,
        shape=(features,),
        outputs=classes,
        scaling=random.choice((BY_HAND, ("X = X / X.max(axis=0)",))) if wide else (),
        linear=True,
    )


def counts(random: Random) -> Data:
    """Whole numbers up to some bound: the class by a weighted sum, or the sum itself."""
    samples, features = random.choice((100, 200, 500, 1000)), random.choice((3, 5, 10, 20))
    bound = random.choice((50, 100, 255, 1000))
    numbers = random.random() < 0.4
    lines = [
        f"rng = np.random.default_rng({random.randrange(1000)})",
        f"X = rng.integers(0, {bound}, size=({samples}, {features})).astype(float)",
        f"total = X @ rng.normal(size={features})",
    ]
    scaling = random.choice((BY_HAND, (f"X = X / {float(bound)}",)))
    facts = {"samples": samples, "shape": (features,), "linear": True, "scaling": scaling}
    if numbers:
        lines.append("y = total + 50.0")
        return _table("regression", lines, outputs=1, target_scaling=TARGET, **facts)
    classes = random.choice((2, 2, 4))
    cuts = [round(i / classes, 3) for i in range(1, classes)]
    lines.append(f"y = np.digitize(total, np.quantile(total, {cuts}))")
    return _table("binary" if classes == 2 else "multiclass", lines, outputs=classes, **facts)


def _table(task: Task, lines: list[str], **facts: object) -> Data:
    return Data(task=task, form="tabular", lines=tuple(lines), imports=(), **facts)  # type: ignore[arg-type]


def patients(random: Random) -> Data:
    """Columns as of people: years, an income, a rate, a flag; two classes."""
    samples = random.choice((200, 400, 768))
    lines = [
        f"rng = np.random.default_rng({random.randrange(1000)})",
        f"age = rng.integers(18, 90, size={samples})",
        f"income = rng.lognormal(10.0, 0.5, size={samples})",
        f"rate = rng.uniform(0.0, 1.0, size={samples})",
        f"member = rng.integers(0, 2, size={samples})",
        "X = np.stack([age, income, rate, member], axis=1).astype(float)",
        "risk = (age - 50) / 20 + 2.0 * (rate - 0.5) + 0.7 * member",
        "y = (risk + np.log(income) - 10.0 > 0.35).astype(int)",
    ]
    facts = {"samples": samples, "shape": (4,), "linear": True, "scaling": BY_HAND}
    return _table("binary", lines, outputs=2, **facts)


def line(random: Random) -> Data:
    """One number from another, on a line or a parabola, in units of its own."""
    samples, most = random.choice((20, 50, 100, 300)), random.choice((1, 10, 100))
    slope, offset = random.choice((2, 3, -1.5, 5)), random.choice((0, 1, 10))
    square = random.random() < 0.4
    lines = [
        f"X = np.linspace({-most if square else 0}, {most}, {samples}).reshape(-1, 1)",
        f"y = {slope} * X[:, 0]{' ** 2' if square else ''} + {offset}",
    ]
    large = most > 1
    return _table(
        "regression",
        lines,
        outputs=1,
        samples=samples,
        shape=(1,),
        linear=not square,
        scaling=BY_HAND if large else (),
        target_scaling=random.choice((TARGET, TARGET_BY_MOST)) if large else (),
    )


def categories(random: Random) -> Data:
    """Rows of zeros and ones, and the group that each row's pattern belongs to."""
    samples, features = random.choice((150, 400, 800)), random.choice((8, 16, 40))
    classes = random.choice((2, 3, 6))
    lines = [
        f"rng = np.random.default_rng({random.randrange(1000)})",
        f"groups = rng.uniform(size=({classes}, {features}))",
        f"y = rng.integers(0, {classes}, size={samples})",
        f"X = (rng.uniform(size=({samples}, {features})) < groups[y]).astype(float)",
    ]
    facts = {"samples": samples, "shape": (features,), "linear": True}
    return _table("binary" if classes == 2 else "multiclass", lines, outputs=classes, **facts)


def reviews(random: Random) -> Data:
    """Numbered words, of which some speak for a class."""
    samples, length = random.choice((200, 500)), random.choice((8, 20))
    vocabulary, classes = random.choice((50, 200, 1000)), random.choice((2, 2, 3))
    lines = [
        f"rng = np.random.default_rng({random.randrange(1000)})",
        f"X = rng.integers({classes + 1}, {vocabulary}, size=({samples}, {length}))",
        f"y = rng.integers(0, {classes}, size={samples})",
        f"marked = rng.uniform(size=X.shape) < {random.choice((0.2, 0.4))}",
        "X = np.where(marked, y[:, None] + 1, X)",
    ]
    return Data(
        task="binary" if classes == 2 else "multiclass",
        form="text",
        lines=tuple(lines),
        imports=(),
        samples=samples,
        shape=(length,),
        outputs=classes,
        vocabulary=vocabulary,
    )
