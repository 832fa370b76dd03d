"""Reviews while GitHub fails, and deliveries come doubled, late and out of order.

    .venv/bin/python tests/storms.py --pulls 20 --seed 1

Every call of GitHub fails with probability 0.2. Each pull request gets ten pushes in ten seconds,
a force-push during a run, and all its deliveries again in any order. Exit status 1 unless the last
head of each has one correct review.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import storm
from tests.support.cluster import cluster
from worker.demo.github_standin import GitHubStandIn


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pulls", type=int, default=20)
    options.add_argument("--pushes", type=int, default=10)
    options.add_argument("--probability", type=float, default=0.2)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    dice, wrong = random.Random(chosen.seed), []
    with tempfile.TemporaryDirectory() as folder, GitHubStandIn() as github:
        github.hub.meter.content_per_minute = github.hub.meter.limit = 1_000_000
        with cluster(github, Path(folder)) as made:
            faults = storm.weather(made, chosen.probability, dice)
            for number in range(chosen.pulls):
                started, since = time.monotonic(), len(github.deliveries)
                pull = storm.push_many(made, chosen.pushes, 10.0)
                time.sleep(dice.random() * 3)
                storm.force_push(made, pull)
                storm.shuffle(made, since, dice)
                made.wait(lambda pull=pull: storm.settled(made, pull), 300)
                wrong += storm.troubles(made, pull)
                seconds = time.monotonic() - started
                print(f"{number + 1}: {seconds:.0f} s, {faults.happened} calls failed", flush=True)
            calls = len(github.exchanges)
    print("\n".join(wrong) or f"{chosen.pulls} pull requests: one correct review of each last head")
    print(f"{faults.happened} of {calls} calls failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
