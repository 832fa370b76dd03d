"""Every error that the worker raises on purpose.

WorkerError
├── GitHubError           GitHub did not do what was asked
│   ├── Unavailable           no answer, a server error: maybe done, maybe not
│   ├── Limited               too many requests; try again after a while
│   └── Refused               a clear no, with its status and its words
│       ├── Missing               404: not there, or not ours to see
│       └── Unprocessable         422: what was sent is wrong
├── SnapshotRefused       the head commit's archive is too large or not safe to unpack
├── AnalysisFailed        the analyzer was asked for what cannot be, or broke off
├── Moved                 the pull request is elsewhere: closed, or a newer head
├── Held                  another delivery works on the same head commit right now
├── LeaseLost             another worker has taken the delivery over
├── HandedBack            this worker is ending; another one goes on
└── CloneError            a local clone does not hold what was asked for
"""

from __future__ import annotations


class WorkerError(Exception):
    """Base of all errors raised on purpose; the text is one line for a person."""


class GitHubError(WorkerError):
    """GitHub did not do what was asked."""


class Unavailable(GitHubError):
    """No answer or a server error; a write may have been done all the same."""


class Limited(GitHubError):
    """A rate limit.

    Attributes:
        seconds: how long GitHub wants us to wait; None when it does not say.
    """

    def __init__(self, message: str, seconds: float | None) -> None:
        super().__init__(message)
        self.seconds = seconds


class Refused(GitHubError):
    """A clear no.

    Attributes:
        status: of HTTP.
        words: all texts of the answer, joined.
    """

    def __init__(self, message: str, *, status: int, words: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.words = words


class Missing(Refused):
    """Not there, or not ours to see."""


class Unprocessable(Refused):
    """What was sent is wrong."""


class SnapshotRefused(WorkerError):
    """The archive of the head commit is too large, or not safe to unpack."""


class AnalysisFailed(WorkerError):
    """The analyzer was asked for what cannot be, or broke off.

    Attributes:
        title: of the check run that tells it.
    """

    def __init__(self, title: str, message: str) -> None:
        super().__init__(message)
        self.title = title


class Moved(WorkerError):
    """There is nothing to review any more, and why."""


class Held(WorkerError):
    """Another delivery works on the same head commit right now."""


class LeaseLost(WorkerError):
    """Another worker has taken the delivery over; whatever we know is stale."""


class HandedBack(WorkerError):
    """This worker is ending; another one goes on."""


class CloneError(WorkerError):
    """A local clone does not hold what was asked for."""
