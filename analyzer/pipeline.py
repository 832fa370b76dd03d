"""The stages in order: find, read, observe, judge, mend, check again, report."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer import mending, reporting
from analyzer.assemble import assemble, reason_of
from analyzer.errors import SourceError
from analyzer.experiments.proving import Proving
from analyzer.experiments.review import (
    candidates_for,
    check_raised,
    is_invented,
    need_steps,
    trainings_of,
    why_unprovable,
    worth_two,
)
from analyzer.experiments.search import explain
from analyzer.experiments.standing import unshown
from analyzer.findings import Finding, ProgramReport, Report, Seconds, Unchecked
from analyzer.fusion import Verdict, judge
from analyzer.kinds import SEVERITIES, Severity
from analyzer.observation import (
    Observed,
    again_seconds,
    falls_short,
    observe_program,
    open_session,
    request_of,
    times_of,
)
from analyzer.options import Options, ProgramSpec
from analyzer.programs import Skipped, TrainingProgram, find_programs
from analyzer.rechecking import verify
from analyzer.rules.base import Program, Rule
from analyzer.rules.registry import select_rules
from analyzer.sandbox.session import Session
from analyzer.source.files import SourceFile, read_source
from analyzer.source.index import read_program
from analyzer.task import infer_problem
from analyzer.testimony import with_testimony
from analyzer.version import VERSION
from analyzer.witnesses import Witnesses, witnesses_of

Progress = Callable[[str], None]


def analyze(
    root: Path,
    paths: Sequence[str],
    options: Options | None = None,
    progress: Progress | None = None,
) -> Report:
    """Review the training programs among `paths`.

    Args:
        root: the folder that holds the programs and all that they import.
        paths: files and folders, relative to `root` with "/".
        options: what the caller asks for.
        progress: told in a few words what happens, from several threads when jobs > 1.

    Raises:
        UsageError: a rule that does not exist is selected.
    """
    started = time.monotonic()
    options = options or Options()
    rules = select_rules(options.select, options.ignore)
    found = find_programs(root, paths)
    say = progress or (lambda _: None)

    def review(program: TrainingProgram | Skipped) -> ProgramReport:
        if isinstance(program, Skipped):
            return ProgramReport(path=program.path, status=program.status, reason=program.reason)
        return _Review(root, program, rules, options, say).report()

    with ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
        reports = list(pool.map(review, found))
    return reporting.summarize(reports, VERSION, time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class _Review:
    """The review of one program."""

    root: Path
    program: TrainingProgram
    rules: Sequence[Rule]
    options: Options
    say: Progress

    @property
    def spec(self) -> ProgramSpec:
        """The first configured program whose glob matches, else the default."""
        path = self.program.path
        for spec in self.options.programs:
            if fnmatch.fnmatch(path, spec.path):
                return spec
        return ProgramSpec(path=path)

    def report(self) -> ProgramReport:
        started = time.monotonic()
        path = self.program.path
        try:
            file = read_source(self.root, path)
        except SourceError as error:
            return ProgramReport(path=path, status="failed", reason=str(error))
        with open_session(self.root, file, self.spec, self.options) as session:
            return self._reviewed(file, session, started)

    def _reviewed(self, file: SourceFile, session: Session, started: float) -> ProgramReport:
        self.say(f"{file.path}: reading")
        observed = self._observe(None, self._budget, session)
        view = self._view(observed)
        judged_at = time.monotonic()
        verdict = judge(view, self.rules)
        mends: Sequence[mending.Mend] = mending.plan_mends(verdict.judged, file)
        verify_at = time.monotonic()
        mends = self._verify(mends, verdict, file, observed, session, started)
        mends, ended = self._prove(mends, verdict, view, file, observed, session, started)
        mends = mending.merge_offered(mends, file)
        verdict = replace(verdict, unchecked=(*verdict.unchecked, *ended))
        witnesses = witnesses_of(view)
        mends = with_testimony(mends, witnesses)
        findings = [self._finding(mend, file) for mend in mends]
        done = time.monotonic()
        build, observe = times_of(observed.observation)
        seconds = Seconds(
            build=build,
            observe=observe,
            diagnose=round(verify_at - judged_at, 3),
            verify=round(done - verify_at, 3),
            total=round(done - started, 3),
        )
        return self._report(view, observed, verdict, witnesses, findings, seconds, file)

    @property
    def _budget(self) -> float:
        return self.spec.budget or self.options.budget

    @property
    def _tries_advice(self) -> bool:
        return self.options.verify == "all"

    def _observe(
        self,
        texts: Mapping[str, str] | None,
        budget: float,
        session: Session,
        like: Observed | None = None,
        brief: bool = False,
    ) -> Observed:
        path = self.program.path
        source = read_program(self.root, path, text=(texts or {}).get(path))
        if self.options.static:
            return Observed(source, None, "switched off: only the source was read")
        self.say(f"{path}: running in the sandbox")
        return observe_program(
            self.root, source, self.spec, self.options, budget, texts or {}, session, like, brief
        )

    def _view(self, observed: Observed) -> Program:
        why_not = observed.why_not
        if why_not is None and observed.observation is not None:
            why_not = reason_of(observed.observation.trouble)
        view = assemble(observed.source, observed.observation, why_not)
        problem = self.spec.problem or infer_problem(
            view.graph, view.data, view.learner, view.source
        )
        return replace(view, problem=problem)

    def _verify(
        self,
        mends: Sequence[mending.Mend],
        verdict: Verdict,
        file: SourceFile,
        observed: Observed,
        session: Session,
        started: float,
    ) -> Sequence[mending.Mend]:
        """Run the edited program again while the budget lasts; a run must have shown something."""
        recheck = self._recheck(observed, session, started)
        if recheck is None:
            return mends
        later = self.options.experiments and why_unprovable(observed.observation) is None
        advice = self._tries_advice and not later  # with what the experiments speak for
        return verify(mends, verdict, file, recheck, advice=advice)

    def _recheck(
        self, observed: Observed, session: Session, started: float, *, brief: bool = False
    ) -> mending.Recheck | None:
        """Checks an edited program again; None when there is nothing to compare it with."""
        first = observed.observation
        if self.options.verify == "none" or first is None or first.graph is None:
            return None

        def recheck(texts: Mapping[str, str]) -> Verdict | mending.Broken | None:
            left = self._budget - (time.monotonic() - started)
            if left < again_seconds(observed.observation, brief=brief):
                return None
            self.say(f"{self.program.path}: checking the edits")
            again = self._observe(texts, left, session, observed, brief)
            if again.observation is None:
                return None
            if falls_short(first, again.observation):
                return mending.Broken.BROKEN
            if again.observation.graph is None:
                return None
            return judge(self._view(again), self.rules)

        return recheck

    def _prove(
        self,
        mends: Sequence[mending.Mend],
        verdict: Verdict,
        view: Program,
        file: SourceFile,
        observed: Observed,
        session: Session,
        started: float,
    ) -> tuple[Sequence[mending.Mend], Sequence[Unchecked]]:
        """Try the edits by experiment in the time that is left; check what that has raised."""
        brief = not need_steps(mends)
        recheck = self._recheck(observed, session, started, brief=brief)
        request = request_of(self.root, observed, self.spec, self.options)
        if not self.options.experiments:
            return mends, ()
        if recheck is None or request is None or why_unprovable(observed.observation) is not None:
            return unshown(mends), ()
        until = started + self._budget - again_seconds(observed.observation, brief=brief)

        def say(text: str) -> None:
            self.say(f"{self.program.path}: {text}")

        with ExitStack() as stack:
            beside = None
            if worth_two(mends, self.options, advice=self._tries_advice):
                beside = stack.enter_context(open_session(self.root, file, self.spec, self.options))
            trainings = trainings_of(request, session, self.options, view.problem, until, beside)
            invented = is_invented(observed.observation)
            proving = Proving(file, trainings, view.problem, say, invented)
            begun = proving.begin(mends, candidates_for(mends, view), advice=self._tries_advice)
            found = explain(proving, view, begun)
            tried = proving.settle()
        mends = (*tried, found.mend) if found.mend else tried
        checked = check_raised(mends, verdict, file, recheck, advice=self._tries_advice)
        return checked, found.unchecked

    def _finding(self, mend: mending.Mend, file: SourceFile) -> Finding:
        finding = mending.finding_with_fix(mend, file)
        ceiling: Severity | None = self.options.severity.get(finding.rule)
        if ceiling is not None and SEVERITIES.index(ceiling) > SEVERITIES.index(finding.severity):
            finding = finding.model_copy(update={"severity": ceiling})
        if not file.is_notebook:
            return finding
        lines = {"line": file.file_line(finding.line), "end_line": file.file_line(finding.end_line)}
        cell = file.cell_of(finding.line)
        where = f"(cell {cell.cell}, line {cell.line}) " if cell else ""
        return finding.model_copy(update={**lines, "message": where + finding.message})

    def _report(
        self,
        view: Program,
        observed: Observed,
        verdict: Verdict,
        witnesses: Witnesses,
        findings: Sequence[Finding],
        seconds: Seconds,
        file: SourceFile,
    ) -> ProgramReport:
        observation = observed.observation
        status = reporting.status_of(view, observation)
        return ProgramReport(
            path=file.path,
            status=status,
            reason=view.not_observed,
            framework=view.framework,
            problem=view.problem,
            data=reporting.data_report(observation.data if observation else None),
            learner=reporting.learner_report(view.learner),
            layers=reporting.layer_reports(view.graph),
            trace=reporting.trace_report(
                observation.trace if observation else None,
                witnesses,
                invented=is_invented(observation),
            ),
            checked=verdict.checked,
            unchecked=verdict.unchecked,
            seconds=seconds,
            findings=tuple(findings),
        )
