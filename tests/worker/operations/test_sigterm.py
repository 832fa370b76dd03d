"""SIGTERM to a worker of a pool: what runs is handed back in time, and another worker goes on."""

import signal
import time
from pathlib import Path

from tests.support.cluster import cluster
from tests.worker.operations.test_work_together import NAPPING
from worker.demo.github_standin import GitHubStandIn


def test_a_worker_that_is_told_to_end_hands_its_review_back(
    private_key: str, tmp_path: Path
) -> None:
    more = {"FAULTLINE_SHUTDOWN_SECONDS": "1", "FAULTLINE_LEASE_SECONDS": "600"}
    with (
        GitHubStandIn(private_key=private_key) as github,
        cluster(github, tmp_path, workers=1, more=more) as made,
    ):
        (worker,) = made.workers
        (home, *_) = github.hub.repositories.values()
        github.push("topic", {"train.py": NAPPING}, repository=home)
        github.open_pull_request("topic", "Sleep", repository=home)
        made.wait(lambda: "running in the sandbox" in worker.log())
        assert worker.process is not None
        started = time.monotonic()
        worker.process.send_signal(signal.SIGTERM)
        worker.process.wait(60)
        assert time.monotonic() - started < 45
        assert "handed back" in worker.log()
        worker.start()
        # without the hand-back nobody would take it before the lease of ten minutes ran out
        made.wait(lambda: worker.log().count("running in the sandbox") == 2, 90)
