"""What a delivery asks for besides a review; `worker.queue` has the message of a review itself.

Frozen values that go through the store as JSON. This module imports nothing of ours, so that the
receiver can make them and the worker can read them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import ClassVar, Final, Literal, Self

CONVERSATION: Final = "conversation"
THREAD: Final = "thread"


@dataclass(frozen=True, slots=True)
class Message:
    """Base of the messages below: named fields, as JSON and back."""

    task: ClassVar[str] = ""

    def to_json(self) -> str:
        """For the store."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """From the store."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Command:
    """One line that begins with /faultline.

    Attributes:
        name: its first word in lower case; empty when there is none.
        argument: the second word; empty when there is none.
    """

    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class CommentMessage(Message):
    """Somebody wrote commands under a pull request.

    Attributes:
        repository: "owner/name".
        place: in the conversation, or in the thread of a review comment.
        top_comment_id: of a reply in a thread, the comment that began it.
        login: who wrote it; nothing is done before GitHub says that they may write.
        written_at: when, by GitHub's clock, which tells whole seconds; None when it does not say.
    """

    task: ClassVar[str] = "faultline.obey"

    installation_id: int
    repository_id: int
    repository: str
    number: int
    comment_id: int
    place: Literal["conversation", "thread"]
    top_comment_id: int | None
    login: str
    commands: tuple[Command, ...]
    written_at: float | None = None

    @property
    def subject(self) -> str:
        """Not the pull request's own: a question must not supersede a running review."""
        return f"{self.repository_id}:{self.number}:comment"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """From the store."""
        fields = json.loads(text)
        commands = tuple(Command(**one) for one in fields.pop("commands"))
        return cls(**fields, commands=commands)


@dataclass(frozen=True, slots=True)
class CheckMessage(Message):
    """A button of the check run or of its suite was pressed; GitHub lets only writers do so.

    Attributes:
        number: of the pull request, when the event tells it.
        asked: "rerun", or "fix" for the button that applies the fixes.
    """

    task: ClassVar[str] = "faultline.press"

    installation_id: int
    repository_id: int
    repository: str
    number: int | None
    head_sha: str
    asked: Literal["rerun", "fix"]
    login: str

    @property
    def subject(self) -> str:
        """Not the pull request's own: the re-run that it leads to has that."""
        return f"{self.repository_id}:{self.number or 0}:check"


@dataclass(frozen=True, slots=True)
class ClosedMessage(Message):
    """A pull request was closed: what runs for it stops."""

    task: ClassVar[str] = "faultline.close"

    installation_id: int
    repository_id: int
    repository: str
    number: int

    @property
    def subject(self) -> str:
        """The pull request's own, so that it supersedes a review that is waiting or running."""
        return f"{self.repository_id}:{self.number}"


@dataclass(frozen=True, slots=True)
class InstallationMessage(Message):
    """The App was installed, changed, suspended or removed.

    Attributes:
        removed: ids of repositories that we may no longer see, as far as the event names them.
        permissions: pairs of name and level.
    """

    task: ClassVar[str] = "faultline.installation"

    installation_id: int
    account: str
    selection: str
    action: Literal["present", "suspended", "deleted"]
    removed: tuple[int, ...]
    permissions: tuple[tuple[str, str], ...]

    @property
    def subject(self) -> str:
        """The installation's own."""
        return f"installation:{self.installation_id}"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """From the store."""
        fields = json.loads(text)
        permissions = tuple((name, level) for name, level in fields.pop("permissions"))
        return cls(**{**fields, "removed": tuple(fields["removed"])}, permissions=permissions)
