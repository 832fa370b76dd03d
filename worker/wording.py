"""Texts for GitHub: Markdown that keeps what a program says from becoming markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from analyzer import Edit, Finding, ProgramReport
from analyzer.experiments.wording import effect, sentence, sparklines
from worker.printable import printable
from worker.suggestion import Suggestion, Text, as_diff, block

LONGEST_BODY = 65_000  # GitHub takes 65,535 (check run) or 65,536 (review); bytes, to be safe
LONGEST_EVIDENCE = 1_500
LONGEST_MESSAGE = 2_000
CUT = "\n\n… shortened: GitHub takes no longer text."

_MARKER = "faultline:review"


def review_marker(head_sha: str, round_: int = 0) -> str:
    """Hidden in the body of a review; how we know our own.

    Args:
        round_: how often somebody asked for a review of this head commit again.
    """
    again = f" round={round_}" if round_ else ""
    return f"<!-- {_MARKER} head={head_sha}{again} -->"


def plain(text: str) -> str:
    """Text of a program or a person: no tag, no picture, no mention, one paragraph."""
    text = " ".join(printable(text[:LONGEST_MESSAGE]).split())
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    text = re.sub(r"@(?=[\w-])", "@\u200b", text)  # nobody is called into the conversation
    return re.sub(r"!?\[(?=[^\]]*\]\s*\()", r"\\\g<0>", text)


def code(text: str) -> str:
    """A code span, whatever backticks are inside."""
    text = " ".join(printable(text).split()) or " "
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


def headline(finding: Finding) -> str:
    """What is wrong, with the measured fact."""
    return f"**{finding.severity}** · {code(finding.rule)}: {plain(finding.message)}"


def proof(finding: Finding) -> list[str]:
    """What was seen and what the experiment showed, in at most two lines."""
    experiment = finding.fix.experiment if finding.fix else None
    is_seen = finding.proof == "contract"
    if experiment is None:
        return ["Proof: seen while this program ran." if is_seen else ""]
    told = f"{effect(experiment, contract=is_seen)}: {plain(sentence(experiment))}"
    curves = sparklines(experiment)
    drawn = f"Loss: {code(curves[0])} before, {code(curves[1])} after" if curves else ""
    return [f"Proof: {told}.", drawn]


def numbers(finding: Finding) -> str:
    """What the experiment with the edit showed; empty without one."""
    experiment = finding.fix.experiment if finding.fix else None
    return "" if experiment is None else sentence(experiment)


def background(finding: Finding, rules_url: str = "") -> list[str]:
    """Why it matters and everything measured, folded; and where the rule is explained."""
    parts = [part for part in (plain(finding.why), evidence(finding)) if part]
    folded = details("Why, and what was measured", "\n\n".join(parts)) if parts else ""
    return [folded, page(finding, rules_url)]


def page(finding: Finding, rules_url: str) -> str:
    """The way to the rule's own page."""
    if rules_url:
        return f"[When it is right, and its sources]({rules_url.rstrip('/')}/{finding.rule}.md)"
    return f"When it is right, and its sources: {code(f'/faultline explain {finding.rule}')}"


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
    head = f"Fix: {plain(finding.fix.description)} {checked(finding)}"
    shown = as_diff(finding.fix.edits, texts)
    return f"{head}\n\n{block(shown.split(chr(10)), 'diff')}" if shown else head


def checked(finding: Finding) -> str:
    """Whether the edited program was checked again."""
    fix = finding.fix
    if fix is None or fix.verified is None:
        return "(not tried)"
    return "(tried: the finding is gone with it)"


def tried(finding: Finding) -> str:
    """Whether the fix was tried, with numbers when there are some; for a list."""
    told = numbers(finding)
    is_tried = finding.fix is not None and finding.fix.verified is not None
    return f"(tried: {plain(told)})" if is_tried and told else checked(finding)


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
