"""Kills parts of the running service at random points of reviews, and looks what came out.

    .venv/bin/python tests/kills.py --kills 50 --seed 1

Starts a Redis, a PostgreSQL, `faultline serve` and two `faultline worker` on this machine, with a
GitHub stand-in. For every point a pull request is opened, and after a random part of the time that
a review takes one of the processes is killed by SIGKILL and started again. Exit status 1 unless in
the end every head commit has exactly one review and one completed check run.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.cluster import Cluster, Kill, cluster, kill_once, wrong
from worker.demo.github_standin import GitHubStandIn

CLEAN = 3  # reviews without a kill, to learn how long one takes


def clean_seconds(made: Cluster) -> float:
    """The median time from opening a pull request to its review."""
    taken = []
    for _ in range(CLEAN):
        started = time.monotonic()
        pull = made.open()
        made.wait(lambda pull=pull: made.is_reviewed(pull))
        taken.append(time.monotonic() - started)
    return statistics.median(taken)


def show(kills: list[Kill]) -> None:
    """Points and times by what was killed."""
    by_victim = defaultdict(list)
    for kill in kills:
        by_victim[kill.victim].append(kill.recovered)
    for victim, times in sorted(by_victim.items()):
        median, most = statistics.median(times), max(times)
        print(
            f"  {victim:10} {len(times):3} kills; review {median:.1f} s later, at most {most:.1f}"
        )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    dice = random.Random(chosen.seed)
    with tempfile.TemporaryDirectory() as folder, GitHubStandIn() as github:
        github.hub.meter.content_per_minute = 10_000
        with cluster(github, Path(folder)) as made:
            seconds = clean_seconds(made)
            print(f"a review without a kill takes {seconds:.2f} s")
            kills = []
            for _ in range(chosen.kills):
                victim = dice.choice(made.servers())
                kills.append(kill_once(made, victim, dice.random() * 1.2 * seconds, dice))
                print(kills[-1], flush=True)
            troubles = wrong(made)
    show(kills)
    print("\n".join(troubles) or f"{len(kills)} kills: one review for every head commit")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
