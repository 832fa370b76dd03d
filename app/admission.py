"""Whose deliveries are taken: the operator's lists of repositories and installations. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from app.events import Ours
from worker.messages import InstallationMessage


@dataclass(frozen=True, slots=True)
class Admission:
    """What the operator allows; an empty list allows everything.

    Attributes:
        repositories: globs of "owner/name", in lower case.
        installations: ids, or names of accounts in lower case.
    """

    repositories: tuple[str, ...] = ()
    installations: tuple[str, ...] = ()

    @classmethod
    def of(cls, repositories: str, installations: str) -> Admission:
        """From the settings: lists with commas."""
        return cls(_listed(repositories), _listed(installations))


def is_admitted(message: Ours, admission: Admission) -> bool:
    """Whether the message is worked on; the end of an installation always is."""
    if isinstance(message, InstallationMessage):
        return True
    name = message.repository.lower()
    # a repository's owner is the account that the App is installed on
    is_from = {str(message.installation_id), name.partition("/")[0]} & {*admission.installations}
    if admission.installations and not is_from:
        return False
    globs = admission.repositories
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def _listed(setting: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in setting.split(",") if part.strip())
