"""The report as workflow commands, which GitHub Actions turns into annotations."""

from __future__ import annotations

from analyzer.findings import Finding, Report
from analyzer.formats import words

LEVELS = {"error": "error", "warning": "warning", "advice": "notice"}


def render_github(report: Report) -> str:
    """One `::error file=...` command per finding, and a notice per program not observed."""
    lines = []
    for program in report.programs:
        if program.reason:
            title = "faultline: not observed"
            where = f"file={_property(program.path)},title={_property(title)}"
            lines.append(f"::notice {where}::{_data(program.reason)}")
        lines += [_command(finding) for finding in program.findings]
    return "".join(line + "\n" for line in lines)


def _command(finding: Finding) -> str:
    properties = {
        "file": finding.path,
        "line": str(finding.line),
        "endLine": str(finding.end_line),
        "title": " ".join((finding.code, finding.rule, words.age(finding))).strip(),
    }
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = f"{finding.message}\n{finding.why}"
    return f"::{LEVELS[finding.severity]} {listed}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
