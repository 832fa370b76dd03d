"""Pull requests of a size that nobody wants to review: bounded, or refused with a clear text."""

import random
import resource
import tarfile
import time
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest

from analyzer import Options
from tests.support.reports import make_finding, make_report
from worker.analysis import MOST_PROGRAMS, read_change, run_analysis, select_programs
from worker.checkout import ArchiveLimits, snapshot
from worker.comments import Change
from worker.demo.github_standin import GitHubStandIn
from worker.diff import ChangedFile, parse_patch
from worker.errors import SnapshotRefused
from worker.github import Installation
from worker.pulls import MOST_FILES, read_changed_files, read_pull_request, source_paths
from worker.review import Policy, compose

PROGRAM = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, {n}))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
for step in range(60):
    optimizer.zero_grad()
    loss = loss_fn(model(torch.randn(16, 4)), torch.randint(0, 3, (16,)))
    loss.backward()
    optimizer.step()
"""


def test_three_thousand_files(github: GitHubStandIn, api: Installation) -> None:
    files = {
        f"lib/part_{n}.py": f"def f_{n}(x):\n    return x + {n}\n".encode() for n in range(3100)
    }
    files |= {f"a_{n}.py": PROGRAM.format(n=n + 3).encode() for n in range(40)}
    github.push("topic", files)
    opened = github.open_pull_request("topic", "Everything")
    pull = read_pull_request(api, "octo-org/nets", opened.number)
    started = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    changed = read_changed_files(api, pull)
    assert len(changed) == MOST_FILES
    archive = api.download(f"/repos/{pull.repository}/tarball/{pull.head_sha}")
    with archive as stream, snapshot(stream) as root:
        paths = source_paths(changed)
        selected = select_programs(root, paths)
        assert len(selected.paths) == MOST_PROGRAMS
        report = run_analysis(root, selected.paths[:2], Options(static=True), lambda _: None)
        report = selected.complete(report)
        change = read_change(root, changed, report)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 400 * 2**10  # KiB
    assert len(change.texts) <= 2
    made = compose(report, change, Policy(), pull.head_sha)
    assert made.check.conclusion == "neutral"
    assert f"one review looks at {MOST_PROGRAMS} programs at most" in made.check.summary
    assert len(made.check.summary.encode()) < 65_535
    assert time.monotonic() - started < 240


def test_a_diff_of_twenty_thousand_lines() -> None:
    rows = "\n".join(f"+x_{n} = {n}" for n in range(20_000))
    started = time.monotonic()
    hunks = parse_patch(f"@@ -0,0 +1,20000 @@\n{rows}")
    change = Change({"train.py": ChangedFile("train.py", "added", None, hunks)}, {})
    found = [
        make_finding(rule=f"r{n}", fingerprint=f"{n}", line=n * 9 + 1, end_line=n * 9 + 1, fix=None)
        for n in range(2000)
    ]
    made = compose(make_report(*found), change, Policy(), "f" * 40)
    assert len(made.comments) == 5
    assert max(len(text.encode()) for text in (made.body, made.check.summary)) <= 65_535
    assert time.monotonic() - started < 60


def test_a_file_whose_diff_github_does_not_show(github: GitHubStandIn, api: Installation) -> None:
    lines = [f"x_{n} = {n}" for n in range(20_000)]
    github.push("topic", {"train.py": "\n".join(lines).encode()})
    opened = github.open_pull_request("topic", "Long")
    pull = read_pull_request(api, "octo-org/nets", opened.number)
    changed = read_changed_files(api, pull)
    assert changed["train.py"].hunks is None
    report = make_report(make_finding(line=7, end_line=7))
    made = compose(report, Change(changed, {}), Policy(), pull.head_sha)
    assert made.comments == ()
    assert "### Outside the lines of this change" in made.check.summary


def noise(megabytes: int) -> Iterator[tarfile.TarInfo | bytes]:
    """A tar of one-megabyte files that do not compress, piece by piece."""
    source = random.Random(7)
    for number in range(megabytes):
        member = tarfile.TarInfo(f"root/data/part_{number}.bin")
        member.size = 2**20
        yield member.tobuf()
        yield source.randbytes(2**20)
    yield bytes(2 * 512)


def gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    squeeze = zlib.compressobj(1, wbits=31)
    for piece in pieces:
        if packed := squeeze.compress(piece):
            yield packed
    yield squeeze.flush()


def test_a_snapshot_of_a_hundred_megabytes_needs_little_memory() -> None:
    tracemalloc.start()
    with snapshot(gzipped(noise(100))) as root:
        assert sum(file.stat().st_size for file in (root / "data").iterdir()) == 100 * 2**20
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 2**20


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (ArchiveLimits(compressed_bytes=2**20), "the archive is larger than 1 MiB"),
        (ArchiveLimits(unpacked_bytes=2**20), "the unpacked archive is larger than 1 MiB"),
        (ArchiveLimits(members=2), "more than 2 files"),
    ],
)
def test_a_snapshot_beyond_the_limits_is_refused_with_its_limit(
    limits: ArchiveLimits, words: str
) -> None:
    with pytest.raises(SnapshotRefused, match=words), snapshot(gzipped(noise(4)), limits):
        pass


def test_a_bomb_is_refused_early() -> None:
    member = tarfile.TarInfo("root/zeros.bin")
    member.size = 4 * 2**30

    def bomb() -> Iterator[bytes]:
        yield member.tobuf()
        for _ in range(4 * 2**10):
            yield bytes(2**20)

    limits = ArchiveLimits(unpacked_bytes=64 * 2**20)
    started = time.monotonic()
    with pytest.raises(SnapshotRefused), snapshot(gzipped(bomb()), limits):
        pass
    assert time.monotonic() - started < 30
