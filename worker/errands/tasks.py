"""The Celery tasks of the errands; thin, as those of the reviews."""

from __future__ import annotations

from typing import Any

from celery import Task, shared_task

from worker.errands import closing, installing, pressing
from worker.errands.comments import obey as obey_commands
from worker.errands.comments import regret
from worker.errands.perform import perform
from worker.messages import CheckMessage, ClosedMessage, CommentMessage, InstallationMessage
from worker.services import services


class ErrandTask(Task):  # type: ignore[misc]  # Celery has no types
    """A task whose defects end in the inbox, instead of being tried for ever."""

    def on_failure(
        self, exc: BaseException, task_id: str, args: Any, kwargs: Any, einfo: Any
    ) -> None:
        """An error that nobody raised on purpose; Celery has logged its traceback."""
        del task_id, kwargs, einfo
        inbox = services().inbox
        claim = inbox.current(args[0])
        if claim is not None:
            inbox.finish(claim, f"a defect of Faultline: {type(exc).__name__}", failed=True)


@shared_task(base=ErrandTask, bind=True, name=CommentMessage.task)  # type: ignore[untyped-decorator]
def obey(self: ErrandTask, delivery: int) -> None:
    """Commands in a comment."""
    perform(delivery, self.app, CommentMessage, obey_commands, regret)


@shared_task(base=ErrandTask, bind=True, name=CheckMessage.task)  # type: ignore[untyped-decorator]
def press(self: ErrandTask, delivery: int) -> None:
    """A button of a check run."""
    perform(delivery, self.app, CheckMessage, pressing.press)


@shared_task(base=ErrandTask, bind=True, name=ClosedMessage.task)  # type: ignore[untyped-decorator]
def close(self: ErrandTask, delivery: int) -> None:
    """A closed pull request."""
    perform(delivery, self.app, ClosedMessage, closing.close)


@shared_task(base=ErrandTask, bind=True, name=InstallationMessage.task)  # type: ignore[untyped-decorator]
def install(self: ErrandTask, delivery: int) -> None:
    """An installation that came, changed or went."""
    perform(delivery, self.app, InstallationMessage, installing.note)
