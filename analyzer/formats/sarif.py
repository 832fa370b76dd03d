"""The report as SARIF 2.1.0 (OASIS standard), for code scanning and editors."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from analyzer.findings import Edit, Finding, ProgramReport, Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "advice": "note"}


def render_sarif(report: Report) -> str:
    """One SARIF run; programs that could not be reviewed become tool notifications."""
    findings = [finding for program in report.programs for finding in program.findings]
    codes = sorted({finding.code for finding in findings})
    by_code = {finding.code: finding for finding in findings}
    run = {
        "tool": {
            "driver": {
                "name": report.tool.name,
                "semanticVersion": report.tool.version,
                "rules": [_rule(by_code[code]) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": all(p.status != "failed" for p in report.programs),
                "toolExecutionNotifications": [
                    _notification(program) for program in report.programs if program.reason
                ],
            }
        ],
        "results": [_result(finding, codes.index(finding.code)) for finding in findings],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.code,
        "name": "".join(part.capitalize() for part in finding.rule.split("-")),
        "shortDescription": {"text": finding.rule.replace("-", " ")},
        "fullDescription": {"text": finding.why},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {"tags": [finding.kind]},
    }


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(finding.path),
                    "region": {
                        "startLine": finding.line,
                        "startColumn": finding.column + 1,
                        "endLine": finding.end_line,
                    },
                }
            }
        ],
        "partialFingerprints": {"faultline/v1": finding.fingerprint},
        "properties": {
            "proof": finding.proof,
            "confidence": finding.confidence,
            "kind": finding.kind,
        },
    }
    if finding.introduced is not None:
        result["baselineState"] = "new" if finding.introduced else "unchanged"
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix.description, finding.fix.edits)]
    return result


def _fix(description: str, edits: tuple[Edit, ...]) -> dict[str, Any]:
    paths = sorted({edit.path for edit in edits})
    changes = [
        {
            "artifactLocation": _artifact(path),
            "replacements": [_replacement(edit) for edit in edits if edit.path == path],
        }
        for path in paths
    ]
    return {"description": {"text": description}, "artifactChanges": changes}


def _replacement(edit: Edit) -> dict[str, Any]:
    """Whole lines: from the first column of the first line to the start of the line after."""
    region = {
        "startLine": edit.start_line,
        "startColumn": 1,
        "endLine": edit.end_line + 1,
        "endColumn": 1,
    }
    text = edit.replacement + "\n" if edit.replacement else ""
    return {"deletedRegion": region, "insertedContent": {"text": text}}


def _notification(program: ProgramReport) -> dict[str, Any]:
    level = "error" if program.status == "failed" else "note"
    location = {"physicalLocation": {"artifactLocation": _artifact(program.path)}}
    text = f"{program.status}: {program.reason}"
    return {"level": level, "message": {"text": text}, "locations": [location]}


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}
