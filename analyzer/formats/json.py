"""The report as JSON, and its JSON Schema."""

from __future__ import annotations

import json
import re

from analyzer.findings import Report

_NUMBER = r'(?:-?\d[\d.eE+-]*|null|"NaN"|"-?Infinity")'
_NUMBERS = re.compile(rf"\[\n\s*{_NUMBER}(?:,\n\s*{_NUMBER})*\n\s*\]")
"""An indented list of numbers alone; texts hold no bare line break, so that none can match."""


def render_json(report: Report) -> str:
    """The report as one UTF-8 JSON object; numbers that are not finite are strings.

    Lists of numbers stand on one line: a trace is as long as its values and no longer.
    """
    text = report.model_dump_json(indent=2)
    return _NUMBERS.sub(lambda found: re.sub(r"\s*\n\s*", " ", found[0]), text) + "\n"


def render_schema() -> str:
    """The JSON Schema (draft 2020-12) of the report."""
    schema = Report.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Faultline report"
    return json.dumps(_with_non_finite(schema), indent=2) + "\n"


def _with_non_finite(node: object) -> object:
    """Let every number also be one of the texts that stand for non-finite numbers."""
    if isinstance(node, list):
        return [_with_non_finite(item) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {key: _with_non_finite(value) for key, value in node.items()}
    if changed.get("type") == "number":
        texts = {"type": "string", "enum": ["NaN", "Infinity", "-Infinity"]}
        return {"anyOf": [changed, texts]}
    return changed
