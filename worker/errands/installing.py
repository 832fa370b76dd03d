"""Installations that come, change and go; what we know of their repositories goes with them."""

from __future__ import annotations

from worker.errands.perform import Errand
from worker.messages import InstallationMessage
from worker.store import StoredInstallation


def note(errand: Errand[InstallationMessage]) -> str:
    """Remember the installation, or forget it and everything about its repositories."""
    message, known = errand.message, errand.services.installations
    if message.action == "deleted":
        known.remove(message.installation_id, message.removed, keep=errand.claim.id)
        return "forgotten"
    stored = StoredInstallation(
        message.installation_id,
        message.account,
        message.selection,
        message.action == "suspended",
        dict(message.permissions),
    )
    known.save(stored)
    if message.removed:
        known.forget(message.removed, keep=errand.claim.id)
        return "remembered; some repositories forgotten"
    return "remembered"
