"""`/faultline fix` and its button: all tried fixes in one commit."""

from __future__ import annotations

from typing import Any

from worker.api import Api
from worker.errands.answers import Answer
from worker.errands.perform import Errand
from worker.pulls import PullRequest


def commit(errand: Errand[Any], api: Api, pull: PullRequest, login: str) -> Answer:
    """Commit them for the person who asked."""
    del errand, api, pull, login
    said = "Fixes cannot be committed yet; accept the suggestions instead."
    return Answer("confused", "fixes cannot be committed yet", said)
