"""Texts for GitHub: Markdown that keeps what a program says from becoming markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from analyzer import Edit, Finding, ProgramReport
from worker.suggestion import Suggestion, Text, as_diff, block

LONGEST_BODY = 65_000  # GitHub takes 65,535 (check run) or 65,536 (review); bytes, to be safe
LONGEST_EVIDENCE = 1_500
LONGEST_MESSAGE = 2_000
CUT = "\n\n… shortened: GitHub takes no longer text."

_MARKER = "faultline:review"


def review_marker(head_sha: str) -> str:
    """Hidden in the body of a review; how we know our own."""
    return f"<!-- {_MARKER} head={head_sha} -->"


def plain(text: str) -> str:
    """Text of a program or a person: no tag, no picture, no mention, one paragraph."""
    text = " ".join(text[:LONGEST_MESSAGE].split())
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    text = re.sub(r"@(?=[\w-])", "@\u200b", text)  # nobody is called into the conversation
    return re.sub(r"!?\[(?=[^\]]*\]\s*\()", r"\\\g<0>", text)


def code(text: str) -> str:
    """A code span, whatever backticks are inside."""
    text = " ".join(text.split()) or " "
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    marks = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{marks}{space}{text}{space}{marks}"


def place(finding: Finding) -> str:
    """Where it is, for a list."""
    return code(f"{finding.path}:{finding.line}")


def count(number: int, noun: str) -> str:
    """ "1 error", "2 errors"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def counts(findings: Iterable[Finding]) -> str:
    """ "2 errors, 1 warning"; empty without findings."""
    levels = [finding.severity for finding in findings]
    nouns = {"error": "error", "warning": "warning", "advice": "piece of advice"}
    parts = [count(levels.count(level), noun) for level, noun in nouns.items() if level in levels]
    return ", ".join(parts).replace("piece of advices", "pieces of advice")


def details(summary: str, content: str) -> str:
    """A part that opens on a click."""
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


def shorten(text: str, limit: int = LONGEST_BODY) -> str:
    """At most `limit` bytes of UTF-8, cut at a line."""
    raw = text.encode()
    if len(raw) <= limit:
        return text
    kept = raw[: limit - len(CUT.encode()) - 40].decode("utf-8", "ignore")
    kept = kept[: kept.rfind("\n")] if "\n" in kept else kept
    details = kept.count("<details>") - kept.count("</details>")
    return kept + _open_fence(kept) + CUT + "\n</details>" * max(0, min(details, 1))


def _open_fence(text: str) -> str:
    """The line that closes the code block which the text ends in, if any."""
    opened = ""
    for fence in re.findall(r"(?m)^`{3,}", text):
        if not opened:
            opened = fence
        elif len(fence) >= len(opened):
            opened = ""
    return f"\n{opened}" if opened else ""


def describe(finding: Finding) -> str:
    """What is wrong, why, and what was measured."""
    parts = [
        f"**{finding.severity}** · {code(finding.rule)}: {plain(finding.message)}",
        plain(finding.why),
    ]
    if measured := evidence(finding):
        parts.append(details("What was measured", measured))
    return "\n\n".join(part for part in parts if part)


def evidence(finding: Finding) -> str:
    """The witnesses as a list, each cut to a readable length; numbers as they were measured."""
    # through JSON, where numbers that are not finite are strings
    values = json.loads(finding.evidence.model_dump_json(exclude_none=True))
    lines = [f"- {name}: {code(_compact(value))}" for name, value in values.items()]
    if lines:
        lines.append(f"- proof: {finding.proof}, confidence {finding.confidence:.2f}")
    return "\n".join(lines)


def _compact(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_EVIDENCE else text[:LONGEST_EVIDENCE] + " …"


def suggest(suggestion: Suggestion) -> str:
    """The block that GitHub offers to commit."""
    return block(suggestion.lines, "suggestion")


def proposal(finding: Finding, texts: Mapping[str, Text]) -> str:
    """A fix that GitHub cannot commit for us, to be read."""
    if finding.fix is None:
        return ""
    head = f"Fix: {plain(finding.fix.description)} {tried(finding)}"
    shown = as_diff(finding.fix.edits, texts)
    return f"{head}\n\n{block(shown.split(chr(10)), 'diff')}" if shown else head


def tried(finding: Finding) -> str:
    """Whether the fix was tried, with numbers when there are some."""
    fix = finding.fix
    if fix is None or fix.verified is None:
        return "(not tried)"
    experiment = fix.experiment
    if experiment is None:
        return "(tried: the finding is gone with it)"
    before, after = _mean(experiment.before), _mean(experiment.after)
    numbers = f"{plain(experiment.metric)} {before:.3g} → {after:.3g}"
    return f"(tried: {numbers}, mean of {count(experiment.seeds, 'seed')})"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def program_line(program: ProgramReport) -> str:
    """One row of the table of programs."""
    seen = [program.framework or "", "" if program.problem == "unknown" else program.problem]
    if program.trace is not None:
        steps = count(program.trace.steps, "step")
        seen.append(f"{steps} in {program.trace.seconds:.1f} s on {program.trace.device}")
    what = ", ".join(part for part in seen if part)
    rules = f"{len(program.checked)} of {len(program.checked) + len(program.unchecked)}"
    cells = (code(program.path), program.status, plain(program.reason or what), rules)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def edited_lines(edits: Sequence[Edit]) -> str:
    """Where a fix changes something."""
    return ", ".join(dict.fromkeys(code(f"{edit.path}:{edit.start_line}") for edit in edits))
