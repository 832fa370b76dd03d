"""Bad weather for the GitHub stand-in: calls that fail at random, deliveries in any order."""

import random
import time

from tests.support.cluster import PROGRAM, Cluster
from worker.demo.github_standin.faults import Failure, Fault, Faults
from worker.demo.github_standin.records import Delivery, PullRequest

KINDS = {  # how often each, of the calls that fail
    Failure.BEFORE: 30,
    Failure.LOST_ANSWER: 30,
    Failure.SECONDARY_LIMIT: 15,
    Failure.SECONDARY_LIMIT_BARE: 15,
    Failure.TOO_QUICK: 5,
    Failure.HANG: 5,
}


class RandomFaults(Faults):
    """Every call fails with the same probability, in one of the ways that GitHub has."""

    def __init__(self, probability: float, dice: random.Random) -> None:
        super().__init__()
        self.probability = probability
        self.happened = 0
        self._dice = dice

    def take(self, method: str, path: str) -> Fault | None:
        del method, path
        if self._dice.random() >= self.probability:
            return None
        self.happened += 1
        (kind,) = self._dice.choices(list(KINDS), weights=list(KINDS.values()))
        return Fault(kind, seconds=1.0)


def weather(made: Cluster, probability: float, dice: random.Random) -> RandomFaults:
    faults = RandomFaults(probability, dice)
    made.github.hub.faults = faults
    return faults


def push_many(made: Cluster, pushes: int, seconds: float) -> PullRequest:
    """A pull request with so many pushes in so many seconds."""
    pull = made.open({"train.py": PROGRAM % 100})
    for number in range(1, pushes):
        time.sleep(seconds / pushes)
        made.push(pull.number, {"train.py": PROGRAM % (100 + number)})
    return pull


def force_push(made: Cluster, pull: PullRequest) -> None:
    """The branch begins anew at the base, with two programs."""
    onto = pull.repository.git.resolve("main")
    files = {"train.py": PROGRAM % 77, "other.py": PROGRAM % 78}
    made.github.push(pull.head_ref, files, repository=made.fork, onto=onto)


def shuffle(made: Cluster, since: int, dice: random.Random) -> None:
    """Every delivery from the number `since` on again, some twice, in any order."""
    made.github.flush()
    sent = _pull_requests(made, since)
    again = sent + dice.sample(sent, len(sent) // 2)
    dice.shuffle(again)
    for delivery in again:
        made.github.redeliver(delivery)


def hold_back(made: Cluster, since: int, url: str, dice: random.Random) -> None:
    """Deliveries that were kept while nothing was sent come now, in any order."""
    made.github.webhook_url = url
    kept = _pull_requests(made, since)
    dice.shuffle(kept)
    for delivery in kept:
        made.github.redeliver(delivery)


def _pull_requests(made: Cluster, since: int) -> list[Delivery]:
    return [one for one in made.github.deliveries[since:] if one.event == "pull_request"]


def settled(made: Cluster, pull: PullRequest) -> bool:
    return made.is_reviewed(pull) and made.open_deliveries() == 0


def troubles(made: Cluster, pull: PullRequest) -> list[str]:
    """What is not one correct review of the last head, told once."""
    found = []
    runs = made.github.check_runs(pull)
    if [run.status for run in runs] != ["completed"]:
        found.append(f"#{pull.number}: check runs {[(run.status, run.title) for run in runs]}")
    titles = {run.title for run in runs}
    names = pull.repository.git.text("ls-tree", "--name-only", pull.head_sha).split()
    programs = sum(name.endswith(".py") for name in names)
    if not any(f"{programs} program" in title for title in titles):
        found.append(f"#{pull.number}: expected {programs} programs in {titles}")
    reviews = [review.commit_id for review, _ in made.github.reviews(pull)]
    if len(reviews) != 1:  # the one piece of news, whichever head it was found at
        found.append(f"#{pull.number}: reviews of {reviews}")
    return found
