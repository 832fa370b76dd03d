"""Every format shows the same report, and the published schemas accept it."""

import html
import json
import math
import re

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.findings import Experiment
from analyzer.formats import RENDERERS
from analyzer.formats.json import render_schema
from analyzer.formats.markdown import code, fence
from analyzer.formats.words import sparkline
from tests.support.npm import npm_package
from tests.support.reports import make_finding, make_report


@pytest.fixture(scope="module")
def sarif_schema():
    folder = npm_package("@microsoft/sarif-multitool-linux", "5.7.0")
    (path,) = folder.rglob("sarif-2.1.0.json")
    return json.loads(path.read_text("utf-8-sig"))


def test_json_is_valid_against_its_own_schema_and_keeps_non_finite_numbers():
    text = RENDERERS["json"](make_report(make_finding()))
    value = json.loads(text, parse_constant=lambda name: pytest.fail(f"bare {name} in JSON"))
    jsonschema.Draft202012Validator(json.loads(render_schema())).validate(value)
    assert value["programs"][0]["trace"]["loss"] == [2.3, "NaN", 1.0]
    assert value["programs"][0]["data"]["max"] == "Infinity"


def test_schema_refuses_a_report_with_a_wrong_kind():
    value = json.loads(RENDERERS["json"](make_report(make_finding())))
    value["programs"][0]["findings"][0]["kind"] = "mood"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json.loads(render_schema())).validate(value)


def test_sarif_is_valid_against_the_published_schema(sarif_schema):
    advice = make_finding(severity="advice", code="FL300", fix=None, line=9, end_line=11)
    log = json.loads(RENDERERS["sarif"](make_report(make_finding(), advice)))
    jsonschema.validators.validator_for(sarif_schema)(sarif_schema).validate(log)
    results = log["runs"][0]["results"]
    assert [result["level"] for result in results] == ["error", "note"]
    notices = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert notices[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.py"


def test_sarif_schema_refuses_a_wrong_level(sarif_schema):
    log = json.loads(RENDERERS["sarif"](make_report(make_finding())))
    log["runs"][0]["results"][0]["level"] = "advice"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validators.validator_for(sarif_schema)(sarif_schema).validate(log)


@pytest.mark.parametrize("name", ["text", "markdown", "html", "github"])
def test_every_format_names_finding_place_and_reason(name):
    text = html.unescape(RENDERERS[name](make_report(make_finding())))
    assert "FL101" in text or "loss-output-mismatch" in text
    assert "train.py:3" in text or "line=3" in text
    assert "not UTF-8 text" in text


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_symptoms_are_shown_beside_findings_and_escaped(name):
    text = RENDERERS[name](make_report(make_finding()))
    assert "dying-relu" in text
    assert ("<b>90%" in text) == (name == "text")


def test_text_is_silent_about_symptoms_where_nothing_is_found():
    assert "dying-relu" not in RENDERERS["text"](make_report())


def test_lists_of_numbers_stand_on_one_line_of_the_json():
    text = RENDERERS["json"](make_report(make_finding()))
    assert '"loss": [ 2.3, "NaN", 1.0 ]' in text
    assert '"update_ratio": [ null, "Infinity" ]' in text
    (layer,) = json.loads(text)["programs"][0]["trace"]["layers"]
    assert layer == {"layer": 0, "steps": [0, 2], "update_ratio": [None, "Infinity"]}


def test_a_text_that_looks_like_a_list_of_numbers_stays_as_it_is():
    message = "[\n  1,\n  2\n]"
    value = json.loads(RENDERERS["json"](make_report(make_finding(message=message))))
    assert value["programs"][0]["findings"][0]["message"] == message


def test_html_escapes_what_programs_say():
    page = RENDERERS["html"](make_report(make_finding(message="<script>alert(1)</script>")))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_workflow_commands_escape_line_breaks_and_separators():
    finding = make_finding(path="a,b:c.py", message="100% wrong\nsecond line")
    first = RENDERERS["github"](make_report(finding)).splitlines()[0]
    assert first.startswith("::error file=a%2Cb%3Ac.py,line=3,")
    assert "100%25 wrong%0Asecond line" in first


def test_markdown_escapes_html_and_mentions():
    text = RENDERERS["markdown"](make_report(make_finding(message="<img> @someone")))
    assert "<img>" not in text
    assert "@someone" not in text


@given(st.text(alphabet="`ab", max_size=12))
def test_fence_and_inline_code_cannot_be_closed_from_inside(text):
    runs = [len(run) for run in re.findall("`+", text)]
    assert len(fence(text)) > max(runs, default=2)
    marks = re.match("`+", code(text)).group()
    assert len(marks) not in runs
    assert code(text).endswith(marks)


@given(st.lists(st.floats(), max_size=300))
def test_sparkline_is_bounded_and_marks_what_is_not_finite(values):
    line = sparkline(values)
    assert len(line) <= 40
    if values and not math.isfinite(values[0]):
        assert line[0] == "×"


@pytest.mark.parametrize(("introduced", "word"), [(True, "new"), (False, "there before")])
def test_a_comparison_is_shown_in_every_format(introduced, word):
    report = make_report(make_finding(introduced=introduced))
    for kind in ("text", "markdown", "html"):
        assert f"contract, {word}" in RENDERERS[kind](report)
    assert f"title=FL101 loss-output-mismatch {word}" in RENDERERS["github"](report)
    (run,) = json.loads(RENDERERS["sarif"](report))["runs"]
    state = {"new": "new", "there before": "unchanged"}[word]
    assert run["results"][0]["baselineState"] == state
    (program, _) = json.loads(RENDERERS["json"](report))["programs"]
    assert program["findings"][0]["introduced"] is introduced


def test_an_experiment_is_told_in_numbers_and_curves():
    experiment = Experiment(
        metric="accuracy",
        seeds=3,
        before=(0.31, 0.33, 0.30),
        after=(0.94, 0.95, 0.93),
        seconds=8,
        outcome="better",
        held_out=200,
        loss_before=(2.0, 2.0, 1.9),
        loss_after=(2.0, 1.0, 0.0),
    )
    finding = make_finding()
    fix = finding.fix.model_copy(update={"experiment": experiment})
    report = make_report(finding.model_copy(update={"fix": fix}))
    told = "accuracy on held-out samples 0.31 0.33 0.30 -> 0.94 0.95 0.93, 3 seeds, 8 s"
    for kind in ("text", "markdown", "html"):
        text = html.unescape(" ".join(RENDERERS[kind](report).split()))
        assert told in text
        assert "██▁ before, █▅▁ after" in text


def test_without_a_comparison_nothing_is_said_of_it():
    report = make_report(make_finding())
    assert "there before" not in RENDERERS["text"](report)
    assert "baselineState" not in RENDERERS["sarif"](report)
