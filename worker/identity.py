"""The App as the settings describe it, and what it may do at GitHub."""

from __future__ import annotations

from functools import lru_cache

from worker.errors import GitHubError
from worker.github import AppIdentity, Installation, Tokens
from worker.patience import Patience
from worker.settings import WorkerSettings


def identity_of(settings: WorkerSettings) -> AppIdentity:
    """Who we are.

    Raises:
        GitHubError: the settings do not say it.
    """
    try:
        if not settings.github_app_id or not settings.private_key:
            settings = WorkerSettings()  # set-up may have stored them since this process began
        key = settings.private_key
    except (OSError, UnicodeDecodeError) as error:
        raise GitHubError(f"GITHUB_APP_PRIVATE_KEY_PATH: {error}") from error
    if not settings.github_app_id or not key:
        raise GitHubError("GITHUB_APP_ID or the private key is not set; `faultline doctor` helps")
    return AppIdentity(settings.github_api_url, settings.github_app_id, key)


@lru_cache(maxsize=4)
def tokens_of(identity: AppIdentity) -> Tokens:
    """The tokens of this process."""
    return Tokens(identity)


def installation_of(settings: WorkerSettings, installation: int, repository: int) -> Installation:
    """Calls on behalf of one installation, about one repository.

    Raises:
        GitHubError: the settings do not say who we are.
    """
    identity, scale = identity_of(settings), settings.faultline_backoff_scale
    patience = Patience(waits=tuple(wait * scale for wait in Patience().waits))
    return Installation(identity, tokens_of(identity), installation, repository, patience)
