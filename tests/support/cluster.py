"""The whole service as its own processes, each of which can be killed and started again."""

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import service
from tests.support.servers import Postgres, Redis, Server, server_folder
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.records import PullRequest, Repository
from worker.store import Database, Inbox, NewRun, RememberedFinding, Runs

PROGRAM = b"""\
import torch
from torch import nn

x, y = torch.rand(640, 8), torch.randint(0, 3, (640,))
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
for epoch in range(%d):
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
"""
SHORT_WAITS = {
    "FAULTLINE_LEASE_SECONDS": "5",
    "FAULTLINE_BACKOFF_SCALE": "0.01",
    "FAULTLINE_CATCH_UP_SECONDS": "2",
    "FAULTLINE_SHUTDOWN_SECONDS": "5",
}


class Faultline(Server):
    """A `faultline serve` or `faultline worker` in a process group of its own."""

    def __init__(self, folder: Path, name: str, arguments: list[str], settings: Mapping[str, str]):
        super().__init__(folder, name)
        self.arguments = arguments
        names = ("PYTHONPATH", "PATH", "HOME", "VIRTUAL_ENV")
        passed = {name: os.environ[name] for name in names if name in os.environ}
        self.settings = {**passed, **settings, "FAULTLINE_PORT": str(self.port)}

    def start(self) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as out:
            self.process = subprocess.Popen(
                [str(service.FAULTLINE), *self.arguments],
                cwd=self.folder,
                env=self.settings,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def answers(self) -> bool:
        if self.arguments[0] == "serve":
            return service.answers(f"http://127.0.0.1:{self.port}")
        return "ready." in self.log()

    def kill(self) -> None:
        """The main process and everything that it started, sandboxes included."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_main(self) -> None:
        """The main process alone; its pool notices."""
        super().kill()

    def stop(self) -> None:
        if self.process is not None:
            service.end(self.process)
            self.kill()


@dataclass
class Cluster:
    """Redis, PostgreSQL, one app and some workers, with a GitHub stand-in."""

    github: GitHubStandIn
    folder: Path
    redis: Redis
    postgres: Postgres
    app: Faultline
    workers: list[Faultline]
    database_url: str
    fork: Repository
    numbers: int = 0
    seeded: dict[int, PullRequest] = field(default_factory=dict)

    def database(self) -> Database:
        return Database(self.database_url)

    def servers(self) -> list[Server]:
        return [self.redis, self.postgres, self.app, *self.workers]

    def start(self, server: Server) -> None:
        """Start what was killed; an app or a worker that finds no database yet tries again."""
        server.start()
        if isinstance(server, Faultline):
            self.wait(lambda: server.process.poll() is not None or server.answers(), 90)
            if server.process.poll() is not None:
                self.start(server)

    def wait(self, what: Callable[[], object], seconds: float = 120.0) -> None:
        service.wait_until(what, seconds, self.folder)

    def open(self, files: Mapping[str, bytes] | None = None) -> PullRequest:
        """A pull request from a fork, whose programs are not run: a review takes a second.

        An earlier review is in the store that had commented on a fault; so the next review has
        news to post, namely that it is fixed.
        """
        self.numbers += 1
        number = self.numbers
        with self.database().write():
            pass  # it answers
        self.remember_fault(number)
        return self.push(number, files)

    def push(self, number: int, files: Mapping[str, bytes] | None = None) -> PullRequest:
        """A push to the pull request, which is opened by the first one."""
        branch = f"topic-{number}"
        self.github.push(
            branch, files or {"train.py": PROGRAM % (100 + number)}, repository=self.fork
        )
        if number not in self.seeded:
            self.seeded[number] = self.github.open_pull_request(
                branch, f"Change {number}", repository=self._home, head=self.fork
            )
        return self.seeded[number]

    @property
    def _home(self) -> Repository:
        return next(one for one in self.github.hub.repositories.values() if not one.fork)

    def remember_fault(self, number: int) -> None:
        database = self.database()
        runs, home = Runs(database), self._home
        run = runs.open(NewRun(home.id, home.full_name, number, "0" * 40, "Before", False))
        rule, severity = "activation-before-logits-loss", "error"
        found = RememberedFinding("f" * 16, rule, severity, "train.py", 5, "softmax twice", True)
        runs.remember(run.id, [found])
        runs.finished(run.id, "done", "failure", "1 error", "text")
        database.close()

    def is_reviewed(self, pull: PullRequest) -> bool:
        """Whether the head's check run is complete and nothing is left to do for it."""
        runs = self.github.check_runs(pull)
        return bool(runs) and all(run.status == "completed" for run in runs)

    def open_deliveries(self) -> int:
        database = self.database()
        counts = Inbox(database).counts()
        database.close()
        return sum(number for state, number in counts.items() if state not in ("done", "failed"))


@contextlib.contextmanager
def cluster(
    github: GitHubStandIn, folder: Path, *, workers: int = 2, more: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """Everything started and ready."""
    with server_folder() as home:
        redis, postgres = Redis(home), Postgres(home)
        redis.start()
        postgres.start()
        database_url = postgres.database("faultline")
        settings = {
            **github.environment(),
            **SHORT_WAITS,
            "FAULTLINE_HOME": str(folder / "home"),
            "FAULTLINE_BROKER_URL": redis.url,
            "FAULTLINE_DATABASE_URL": database_url,
            "FAULTLINE_CONCURRENCY": "1",
            **(more or {}),
        }
        base = github.create_repository("octo-org/nets", {"README.md": b"# Nets\n"})
        made = Cluster(
            github,
            folder,
            redis,
            postgres,
            Faultline(folder, "app", ["serve"], settings),
            [Faultline(folder, f"worker-{n}", ["worker"], settings) for n in range(workers)],
            database_url,
            github.fork(base, "stranger"),
        )
        github.webhook_url = f"http://127.0.0.1:{made.app.port}/webhooks/github"
        try:
            for one in (made.app, *made.workers):
                one.start()
            for one in (made.app, *made.workers):
                made.wait(one.answers, 120)
            yield made
        finally:
            for one in (made.app, *made.workers):  # all at once, then wait for each
                if one.process is not None and one.process.poll() is None:
                    one.process.send_signal(signal.SIGTERM)
            for server in (made.app, *made.workers, redis, postgres):
                server.stop()


@dataclass(frozen=True)
class Kill:
    """One point: what was killed, how long after the push, and how long until all was well."""

    victim: str
    after: float
    recovered: float


def kill_once(made: Cluster, victim: Server, after: float, dice: random.Random) -> Kill:
    """A pull request, a kill in the middle of its review, a restart; waits for the review."""
    pull = made.open()
    time.sleep(after)
    if isinstance(victim, Faultline) and victim.arguments[0] == "worker" and dice.random() < 0.3:
        victim.kill_main()
    else:
        victim.kill()
    killed = time.monotonic()
    time.sleep(dice.random() * 0.5)
    made.start(victim)
    made.wait(lambda: made.is_reviewed(pull), 180)
    made.wait(lambda: made.open_deliveries() == 0, 60)
    return Kill(victim.name, round(after, 2), round(time.monotonic() - killed, 1))


def wrong(made: Cluster) -> list[str]:
    """What is not exactly one review and one completed check run for each head commit."""
    found = []
    for number, pull in made.seeded.items():
        reviews = [review for review, _ in made.github.reviews(pull)]
        heads = [review.commit_id for review in reviews]
        runs = made.github.check_runs(pull)
        if len(heads) != len(set(heads)) or heads.count(pull.head_sha) != 1:
            found.append(f"#{number}: reviews of {heads}, head {pull.head_sha}")
        if [run.status for run in runs] != ["completed"]:
            found.append(f"#{number}: check runs {[(r.status, r.conclusion) for r in runs]}")
    return found
