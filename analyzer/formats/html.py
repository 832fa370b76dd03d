"""The report as one self-contained HTML page."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from analyzer.findings import Report
from analyzer.formats import words


def render_html(report: Report) -> str:
    """The report as a page without scripts or outside resources; every text is escaped."""
    environment = Environment(
        loader=PackageLoader("analyzer.formats", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(report=report, words=words)
