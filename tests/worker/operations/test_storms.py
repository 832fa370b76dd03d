"""One correct review of the last head, in any weather; `tests/storms.py` does more of it."""

import random
import time
from pathlib import Path

from tests.support import storm
from tests.support.cluster import cluster
from worker.demo.github_standin import GitHubStandIn


def test_pushes_in_a_row_while_calls_fail_and_deliveries_come_in_any_order(
    private_key: str, tmp_path: Path
) -> None:
    dice = random.Random(20261121)
    with GitHubStandIn(private_key=private_key) as github, cluster(github, tmp_path) as made:
        faults = storm.weather(made, 0.2, dice)
        pull = storm.push_many(made, 6, 3.0)
        time.sleep(1.0)
        storm.force_push(made, pull)
        storm.shuffle(made, 0, dice)
        made.wait(lambda: storm.settled(made, pull))
        assert storm.troubles(made, pull) == []
        assert faults.happened > 0

        url, since = github.webhook_url, len(github.deliveries)
        github.webhook_url = None  # nothing comes through, and then everything at once
        late = storm.push_many(made, 3, 0.1)
        storm.hold_back(made, since, str(url), dice)
        made.wait(lambda: storm.settled(made, late))
        assert storm.troubles(made, late) == []
