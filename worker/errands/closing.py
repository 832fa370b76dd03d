"""A pull request was closed: its open check runs are completed as cancelled."""

from __future__ import annotations

from worker.errands.perform import Errand
from worker.errors import Refused
from worker.identity import installation_of
from worker.messages import ClosedMessage

TITLE = "Not reviewed: the pull request was closed"
SUMMARY = "Nothing was reviewed. A pull request that is reopened is reviewed anew."


def close(errand: Errand[ClosedMessage]) -> str:
    """The review itself stops by its own: this delivery supersedes the one that it works on."""
    message, runs = errand.message, errand.services.runs
    errand.services.retention.close(message.repository_id, message.number)
    unfinished = runs.unfinished(message.repository_id, message.number)
    if not unfinished:
        return "nothing was running"
    settings = errand.services.settings
    with installation_of(settings, message.installation_id, message.repository_id) as api:
        output = {"title": TITLE, "summary": SUMMARY}
        body = {"status": "completed", "conclusion": "cancelled", "output": output}
        for run in unfinished:
            if run.check_run_id is not None:
                path = f"/repos/{run.repository}/check-runs/{run.check_run_id}"
                try:
                    api.send("PATCH", path, body)
                except Refused as refused:
                    if refused.status != 404:
                        raise
            runs.finished(run.id, "dropped", "cancelled", TITLE, "")
    return "cancelled"
