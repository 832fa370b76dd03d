"""One pull request's programs, analysed by every worker that has time.

The review's worker writes the programs down, asks for helpers, and then analyses one program after
the other itself, as the helpers do; at the end it joins the reports. The rows in the database are
the truth. Why not a Celery group and chord: their state lives in the broker, where a lost message
leaves a chord that never ends, and a review would wait for workers that nobody started. Here a
lost message costs a helper and nothing else, a dead helper's program is taken up by the next one,
and a review whose worker died, or which GitHub did not take, goes on with the reports that are
there instead of running the programs again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from analyzer import Options, ProgramReport, Report, SandboxPolicy
from analyzer.programs import Skipped, find_programs
from analyzer.reporting import summarize
from analyzer.version import VERSION
from worker.analysis import ABSENT, run_analysis
from worker.errors import LeaseLost, WorkerError
from worker.lease import Heartbeat
from worker.services import Services
from worker.settings import WorkerSettings
from worker.store import Share

MOST_HELPERS = 7  # besides the review's own worker
MOST_CLAIMS = 3  # what ended so many workers is not tried by another one
WAIT_SECONDS = 0.5  # between two looks at what helpers are doing
BROKE_OFF = "every worker that ran it broke off"

_OPTIONS = TypeAdapter(Options)
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Team:
    """What analysing together needs.

    Attributes:
        ask: sends a message for one more helper.
        interrupt: raises when the whole review should stop.
    """

    services: Services
    run_id: int
    ask: Callable[[], None]
    interrupt: Callable[[], None]


def analyse_shared(
    team: Team, root: Path, paths: Sequence[str], options: Options, progress: Progress
) -> Report:
    """The same report as `run_analysis`, made by as many workers as have time."""
    options = replace(options, interrupt=team.interrupt)
    present = [path for path in paths if (root / path).is_file()]
    found = find_programs(root, present)
    programs = [one.path for one in found if not isinstance(one, Skipped)]
    if not programs:
        return run_analysis(root, paths, options, progress)
    started = time.monotonic()
    made = _share_out(team, root, programs, options, progress)
    reports = [_skipped(one) if isinstance(one, Skipped) else made[one.path] for one in found]
    absent = [path for path in paths if path not in present]
    reports += [ProgramReport(path=path, status="skipped", reason=ABSENT) for path in absent]
    return summarize(reports, VERSION, time.monotonic() - started)


def _skipped(one: Skipped) -> ProgramReport:
    return ProgramReport(path=one.path, status=one.status, reason=one.reason)


def _share_out(
    team: Team, root: Path, programs: Sequence[str], options: Options, progress: Progress
) -> dict[str, ProgramReport]:
    shares, seconds = team.services.shares, team.services.settings.faultline_lease_seconds
    shares.offer(team.run_id, programs, pack(options))
    for _ in range(min(len(programs) - 1, MOST_HELPERS)):
        team.ask()
    while len(done := shares.reports(team.run_id)) < len(programs):
        team.interrupt()
        share = shares.take(team.run_id, seconds)
        if share is None:
            time.sleep(WAIT_SECONDS)  # the rest is with helpers, or was until they died
            continue
        analyse_share(team.services, share, root, options, progress)
        if shares.count_open(team.run_id) > 1:
            team.ask()  # the helpers may have gone to other reviews meanwhile
    return {path: ProgramReport.model_validate_json(done[path]) for path in programs}


def analyse_share(
    services: Services, share: Share, root: Path, options: Options, progress: Progress
) -> None:
    """Analyse one program and keep its report; given back when that is interrupted."""
    seconds = services.settings.faultline_lease_seconds
    outer = options.interrupt or (lambda: None)
    try:
        with Heartbeat(lambda: services.shares.renew(share, seconds), seconds) as beat:

            def interrupt() -> None:
                outer()
                beat.interrupt()

            report = _one(share, root, replace(options, interrupt=interrupt), progress)
    except LeaseLost:
        outer()
        return  # the review goes on; only this program is another worker's now
    except WorkerError:
        services.shares.give_back(share)
        raise
    services.shares.done(share, report.model_dump_json())
    services.timings.add("stage:program", report.seconds.total)


def _one(share: Share, root: Path, options: Options, progress: Progress) -> ProgramReport:
    if share.token > MOST_CLAIMS:
        return ProgramReport(path=share.path, status="failed", reason=BROKE_OFF)
    report = run_analysis(root, [share.path], options, progress)
    return next(one for one in report.programs if one.path == share.path)


def pack(options: Options) -> str:
    """The options as helpers read them, without what belongs to this machine."""
    elsewhere = SandboxPolicy(python=Path("python"))
    general = replace(options, interrupt=None, device="auto", datasets=None, sandbox=elsewhere)
    return _OPTIONS.dump_json(general).decode()


def unpack(text: str, settings: WorkerSettings) -> Options:
    """The options with what belongs to this machine."""
    return replace(
        _OPTIONS.validate_json(text),
        device=settings.faultline_device,
        datasets=settings.faultline_datasets,
        sandbox=SandboxPolicy(kind=settings.faultline_sandbox),
    )
