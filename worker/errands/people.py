"""Who may command: people who can write to the repository."""

from __future__ import annotations

from urllib.parse import quote

from worker.api import Api
from worker.errors import Missing

MAY_WRITE = frozenset({"admin", "maintain", "write"})


def may_write(api: Api, repository: str, login: str) -> bool:
    """Whether GitHub says so now; what the webhook says of a person is never enough."""
    path = f"/repos/{repository}/collaborators/{quote(login, safe='')}/permission"
    try:
        found = api.get(path)
    except Missing:
        return False
    return found.get("permission") in MAY_WRITE
