"""Parts of the running service are killed in the middle of reviews; `tests/kills.py` does more."""

import random
from pathlib import Path

from tests.support.cluster import cluster, kill_once, wrong
from worker.demo.github_standin import GitHubStandIn


def test_one_review_of_each_head_whatever_is_killed(private_key: str, tmp_path: Path) -> None:
    dice = random.Random(20261121)
    with GitHubStandIn(private_key=private_key) as github, cluster(github, tmp_path) as made:
        for victim in (made.workers[0], made.postgres, made.redis, made.app):
            kill_once(made, victim, dice.random() * 1.5, dice)
        assert wrong(made) == []
        assert len(made.seeded) == 4
