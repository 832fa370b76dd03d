"""`faultline check`: review training programs on this machine, without GitHub."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from analyzer.baseline import against_base, needs_base
from analyzer.commands.options import analysis_options, build_options, load_configuration
from analyzer.errors import EditError, UsageError
from analyzer.findings import Edit, Report
from analyzer.fixing.lines import apply_edits, split_lines
from analyzer.formats import RENDERERS
from analyzer.kinds import SEVERITIES
from analyzer.options import Options
from analyzer.pipeline import analyze
from analyzer.revision import earlier, find_commit
from analyzer.source.files import SourceFile, read_source

FOUND, NOT_REVIEWED = 1, 3


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@analysis_options
@click.option("--fix", is_flag=True, help="Write the verified edits into the files.")
@click.option("--diff", is_flag=True, help="Print the verified edits as a unified diff.")
@click.option("--base", metavar="REV", help="Tell apart what was there at this commit already.")
def check(paths: tuple[Path, ...], **given: Any) -> int:
    """Review the training programs in PATHS (files, folders, notebooks)."""
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise UsageError(f"{missing[0]} does not exist")
    check_output(given["output"])
    root, names = locate(paths)
    configuration = load_configuration(given["config"], root)
    options = build_options(configuration, given)
    if given["fix"] or given["diff"]:
        options = replace(options, verify="all")
    if given["base"]:
        find_commit(root, given["base"])  # refuse before the programs run, not after
    say = progress()
    report = analyze(root, names, options, say)
    if given["base"] and needs_base(report):
        report = compare_with(report, root, given["base"], options, say)
    if given["diff"]:
        text = unified_diff(root, report)
    else:
        text = RENDERERS[given["format_"] or "text"](report)
    write(text, given["output"])
    if given["fix"]:
        for file, after in list(fixed_files(root, report)):
            (root / file.path).write_bytes(file.encode(after))
            click.echo(f"fixed {file.path}", err=True)
    return exit_status(report, given["fail_on"] or configuration.review.fail_on)


def compare_with(report: Report, root: Path, base: str, options: Options, say: Any) -> Report:
    """The report with its findings marked as new or as there at the commit `base` already."""

    def analyse(folder: Path, names: Sequence[str], how: Options) -> Report:
        return analyze(folder, names, how, say and (lambda text: say(f"at {base}: {text}")))

    with earlier(root, base) as then:
        how = replace(options, mounts=(*options.mounts, *then.data))
        return against_base(report, root, then.root, then.renamed, how, analyse)


def locate(paths: Iterable[Path]) -> tuple[Path, list[str]]:
    """The root folder and the paths below it.

    The current folder when all paths lie in it, as a user expects of reported paths and imports;
    else the innermost folder that holds them all.
    """
    resolved = [path.resolve() for path in paths]
    here = Path.cwd()
    if all(path.is_relative_to(here) for path in resolved):
        root = here
    else:
        folders = [path if path.is_dir() else path.parent for path in resolved]
        root = Path(os.path.commonpath(folders))
    return root, [path.relative_to(root).as_posix() for path in resolved]


def progress() -> Any:
    """Progress on standard error, on a terminal only."""
    if not sys.stderr.isatty():
        return None
    return lambda text: click.echo(f"\r\033[K{text}", nl=False, err=True)


def check_output(output: Path | None) -> None:
    """Refuse a file that cannot be written before the programs run, not after."""
    if output is not None and not os.access(output if output.exists() else output.parent, os.W_OK):
        raise UsageError(f"--output: {output} cannot be written")


def write(text: str, output: Path | None) -> None:
    """The report alone, to the file or to standard output."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def verified_edits(report: Report) -> dict[str, list[Edit]]:
    """The verified edits per file, each once (findings can share one), none overlapping.

    Edits of two places can fall on one line of the file, as in a notebook written on one line: the
    first finding has it, and the others are left for another run.
    """
    chosen: dict[str, list[Edit]] = {}
    for program in report.programs:
        for finding in program.findings:
            if finding.fix is None or not finding.fix.verified:
                continue
            new = [edit for edit in finding.fix.edits if edit not in chosen.get(edit.path, [])]
            if any(_overlap(edit, other) for edit in new for other in chosen.get(edit.path, [])):
                place = f"{finding.path}:{finding.line}: {finding.rule}"
                again = "its edit shares a line with another; run again for it"
                click.echo(f"faultline: not fixed: {place}: {again}", err=True)
                continue
            for edit in new:
                chosen.setdefault(edit.path, []).append(edit)
    return chosen


def _overlap(one: Edit, other: Edit) -> bool:
    return one.start_line <= other.end_line and other.start_line <= one.end_line


def fixed_files(root: Path, report: Report) -> Iterator[tuple[SourceFile, str]]:
    """Each file with a verified edit, and its text on disk after its edits."""
    for path, edits in sorted(verified_edits(report).items()):
        file = read_source(root, path)
        try:
            yield file, apply_edits(file.raw_text, edits)
        except EditError as error:
            click.echo(f"faultline: not fixed: {error}", err=True)


def unified_diff(root: Path, report: Report) -> str:
    """The verified edits as `git apply` takes them."""
    parts: list[str] = []
    for file, after in fixed_files(root, report):
        lines = difflib.unified_diff(
            split_lines(file.raw_text), split_lines(after), f"a/{file.path}", f"b/{file.path}"
        )
        for line in lines:
            parts.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(parts)


def exit_status(report: Report, fail_on: str) -> int:
    """0, 1 for findings at or above `fail_on`, 3 when a program could not be reviewed."""
    if any(program.status == "failed" for program in report.programs):
        return NOT_REVIEWED
    if fail_on == "never":
        return 0
    failing = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    findings = [
        finding
        for program in report.programs
        for finding in program.findings
        if finding.introduced is not False  # with --base: what was there before fails nobody
    ]
    return FOUND if any(finding.severity in failing for finding in findings) else 0
