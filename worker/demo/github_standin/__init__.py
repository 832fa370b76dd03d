"""A stand-in for GitHub on 127.0.0.1, with real git repositories behind it.

`GitHubStandIn` is what the demo and the tests use. It answers the calls that a reviewing App
makes, refuses what GitHub refuses, signs and sends webhooks, and lets people push, open pull
requests and commit suggestions.
"""

from worker.demo.github_standin.dispatch import Exchange
from worker.demo.github_standin.faults import Failure
from worker.demo.github_standin.git import EXECUTABLE, FILE, SYMLINK, TreeEntry
from worker.demo.github_standin.standin import EVENTS, PERMISSIONS, GitHubStandIn
from worker.demo.github_standin.suggestions import SuggestionRefused

__all__ = [
    "EVENTS",
    "EXECUTABLE",
    "FILE",
    "PERMISSIONS",
    "SYMLINK",
    "Exchange",
    "Failure",
    "GitHubStandIn",
    "SuggestionRefused",
    "TreeEntry",
]
