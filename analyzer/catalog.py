"""The pages of the rules, made from the docstrings of their files.

`python -m analyzer.catalog FOLDER` writes them as Markdown, for the documentation.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from analyzer.rules.base import Rule
from analyzer.rules.registry import all_rules, page_of

HEADINGS: tuple[str, ...] = (
    "What it finds",
    "Why it hurts",
    "How it is measured",
    "When it is right",
    "Example",
    "Instead",
    "The fix",
    "Sources",
)
CODE_HEADINGS = frozenset({"Example", "Instead"})
TITLE_WIDTH = 34  # characters, the longest rule name and some air


def title(page: str) -> str:
    """The first line of a page, without its full stop."""
    return page.split("\n", 1)[0].rstrip(".")


def sections(page: str) -> dict[str, str]:
    """The bodies of a page by heading, in the order of the page, with common indent removed."""
    found: dict[str, list[str]] = {}
    body: list[str] = []
    for line in page.splitlines()[1:]:
        if line and not line[0].isspace():
            body = found.setdefault(line.strip(), [])
        else:
            body.append(line)
    return {
        heading: textwrap.dedent("\n".join(lines)).strip("\n") for heading, lines in found.items()
    }


def rule_page(rule: Rule) -> str:
    """One rule's page for a terminal."""
    page = page_of(rule)
    lines = [f"{rule.code} {rule.name}: {title(page)}", facts(rule), ""]
    for heading, body in sections(page).items():
        lines += [heading, textwrap.indent(body, "    "), ""]
    return "\n".join(lines).rstrip() + "\n"


def rule_markdown(rule: Rule) -> str:
    """One rule's page as Markdown."""
    page = page_of(rule)
    lines = [f"# {title(page)}", "", f"`{rule.name}` · {facts(rule)}", ""]
    for heading, body in sections(page).items():
        shown = f"```python\n{body}\n```" if heading in CODE_HEADINGS else body
        lines += [f"## {heading}", "", shown, ""]
    return "\n".join(lines).rstrip() + "\n"


def facts(rule: Rule) -> str:
    """One line: kind, severity, frameworks and the paper's name."""
    paper = f", {rule.paper} in Theia" if rule.paper else ""
    needs = ", ".join(need.replace("_", " ") for need in rule.needs) or "the source alone"
    return (
        f"{rule.code}, kind {rule.kind}, at most {rule.severity}, confidence {rule.confidence:.2f},"
        f" {' and '.join(sorted(rule.frameworks))}, needs {needs}{paper}"
    )


def listing() -> str:
    """All rules, one line each."""
    return "".join(
        f"{rule.code}  {rule.name:<{TITLE_WIDTH}}  {title(page_of(rule))}\n" for rule in all_rules()
    )


def listing_markdown() -> str:
    """All rules as a Markdown table, for the generated documentation."""
    rows = [
        f"| {rule.code} | [{rule.name}]({rule.name}.md) | {rule.kind} | {title(page_of(rule))} |"
        for rule in all_rules()
    ]
    return "\n".join(["| code | rule | kind | fault |", "|---|---|---|---|", *rows]) + "\n"


def write_pages(folder: Path) -> None:
    """One Markdown file per rule and an index; pages of rules that are gone are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {f"{rule.name}.md": rule_markdown(rule) for rule in all_rules()}
    pages["index.md"] = f"# The rules\n\n{listing_markdown()}"
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m analyzer.catalog FOLDER")
    write_pages(Path(sys.argv[1]))
