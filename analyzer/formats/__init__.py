"""The report on every channel: one pure function per format, all from the same values."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.findings import Report
from analyzer.formats.github import render_github
from analyzer.formats.html import render_html
from analyzer.formats.json import render_json
from analyzer.formats.markdown import render_markdown
from analyzer.formats.sarif import render_sarif
from analyzer.formats.text import render_text

RENDERERS: dict[str, Callable[[Report], str]] = {
    "text": render_text,
    "json": render_json,
    "sarif": render_sarif,
    "github": render_github,
    "html": render_html,
    "markdown": render_markdown,
}
