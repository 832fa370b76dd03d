"""Files that do not parse: what does is run, and the syntax error is told first."""

from __future__ import annotations

from analyzer.observed import NotObserved, Observation, Site
from analyzer.source.calls import SourceIndex

MOST_CHARACTERS = 2000  # the bound of NotObserved.message


def as_it_stands(seen: Observation, source: SourceIndex) -> Observation:
    """What was seen of a file without its broken lines, with the error as the file's trouble."""
    if source.readable is None:
        return seen
    trouble = source.troubles[0]
    message = f"{trouble.message}; the rest of the file was run"
    if seen.trouble is not None:
        message += f", which ended: {seen.trouble.message}"
    site = Site(path=source.path, line=trouble.line, end_line=trouble.line)
    stated = NotObserved(cause="syntax_error", message=message[:MOST_CHARACTERS], site=site)
    return seen.model_copy(update={"trouble": stated})
