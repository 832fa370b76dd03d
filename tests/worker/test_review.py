import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import Edit, Finding, Fix, Report
from analyzer.findings import Evidence, Experiment, ProgramReport
from tests.support.reports import make_finding, make_report
from tests.support.unified import whole_file, with_context
from worker.comments import Change
from worker.review import Earlier, Policy, Review, compose
from worker.suggestion import Text
from worker.told import marks_of, read_marks

HEAD = "f" * 40
LINES = tuple(f"line {number}" for number in range(1, 61))


def change(**files: object) -> Change:
    known = files or {"train": whole_file("train.py", 60)}
    return Change({file.path: file for file in known.values()}, {"train.py": Text(LINES)})


def finding(line: int, name: str, **changes: object) -> Finding:
    edits = (Edit(path="train.py", start_line=line, end_line=line, replacement=f"new {line}"),)
    fix = Fix(description="do it right", edits=edits, verified=True)
    values = {"line": line, "end_line": line, "fingerprint": name, "rule": name, "fix": fix}
    return make_finding(**(values | changes))


def observed(*findings: Finding, **changes: object) -> Report:
    report = make_report(*findings, **({"checked": ("one", "two")} | changes))
    return report.model_copy(update={"programs": report.programs[:1]})


def review(
    report: Report, *earlier: Earlier, where: Change | None = None, **policy: object
) -> Review:
    return compose(report, where or change(), Policy(**policy), HEAD, earlier)


def before(name: str, **changes: object) -> Earlier:
    return Earlier(
        **(
            {
                "fingerprint": name,
                "rule": name,
                "path": "train.py",
                "line": 3,
                "message": "it was wrong",
            }
            | changes
        )
    )


def test_one_finding() -> None:
    made = review(observed(finding(3, "one")))
    (comment,) = made.comments
    payload = comment.payload()
    body = payload.pop("body")
    assert payload == {"path": "train.py", "line": 3, "side": "RIGHT"}
    shown, _, hidden = body.rpartition("\n\n")
    assert shown.endswith("```suggestion\nnew 3\n```")
    assert [one.fingerprint for one in read_marks(hidden)] == ["one"]
    assert "tried: the finding is gone with it" in body
    assert "The gradient vanishes" in body
    assert made.check.conclusion == "failure"
    assert made.check.title == "1 error in this change"
    assert f"head={HEAD}" in made.body
    assert made.remembered == (before("one", message=make_finding().message),)


def test_nothing_found_posts_no_review() -> None:
    made = review(observed())
    assert made.body is None
    assert made.comments == ()
    assert made.check.conclusion == "success"
    assert made.check.title == "Nothing found in 1 observed program"
    assert "Checked: `one`, `two`" in made.check.text


@pytest.mark.parametrize("status", ["static", "failed"])
def test_what_was_not_run_is_never_a_success(status: str) -> None:
    made = review(observed(status=status, reason="it needs a file `x.csv`"))
    assert made.check.conclusion == "neutral"
    assert "it needs a file" in made.check.summary
    assert "Nothing found in" not in made.check.title


def test_no_program_is_told_apart_from_nothing_found() -> None:
    made = review(observed().model_copy(update={"programs": ()}))
    assert made.check.title == "No training program in this change"
    assert made.check.conclusion == "neutral"


def test_advice_goes_to_the_summary_alone() -> None:
    made = review(observed(finding(3, "one", severity="advice", proof="rule")))
    assert made.body is None
    assert "### Advice" in made.check.summary
    assert made.check.conclusion == "success"


def test_outside_the_diff_goes_to_the_summary() -> None:
    where = change(train=with_context("train.py", [10]))
    made = review(observed(finding(40, "one")), where=where)
    assert made.body is None
    assert "### Outside the lines of this change" in made.check.summary
    assert made.check.conclusion == "neutral"
    assert (
        review(observed(finding(40, "one")), where=where, scope="all").check.conclusion == "failure"
    )
    elsewhere = review(observed(finding(3, "one", path="helper.py", fix=None)), where=where)
    assert elsewhere.comments == ()


@pytest.mark.parametrize(
    ("severity", "fail_on", "conclusion"),
    [
        ("error", "error", "failure"),
        ("warning", "error", "success"),
        ("warning", "warning", "failure"),
        ("advice", "advice", "failure"),
        ("advice", "warning", "success"),
        ("error", "never", "success"),
    ],
)
def test_what_fails_the_check(severity: str, fail_on: str, conclusion: str) -> None:
    made = review(observed(finding(3, "one", severity=severity)), fail_on=fail_on)
    assert made.check.conclusion == conclusion


def test_the_rest_is_folded() -> None:
    findings = [finding(line, f"rule-{line}", severity="warning") for line in range(10, 18)]
    made = review(observed(*findings, finding(30, "grave")), max_comments=3)
    assert len(made.comments) == 3
    assert made.comments[0].line == 30  # the gravest first
    assert "<details><summary>6 more findings</summary>" in made.body
    assert all(one.posted for one in made.remembered)
    assert review(observed(finding(3, "one")), max_comments=0).comments == ()


def test_a_push_repeats_nothing() -> None:
    made = review(observed(finding(3, "one")), before("one"))
    assert made.body is None
    assert made.comments == ()
    assert made.check.conclusion == "failure"
    assert [one.posted for one in made.remembered] == [True]


def test_what_became_advice_is_neither_fixed_nor_new_later() -> None:
    weaker = review(observed(finding(3, "one", severity="advice")), before("one"))
    assert weaker.body is None
    assert [one.posted for one in weaker.remembered] == [True]
    assert review(observed(finding(3, "one")), *weaker.remembered).body is None


def test_only_what_is_new_is_commented_on() -> None:
    made = review(observed(finding(3, "one"), finding(9, "two")), before("one"))
    assert [comment.line for comment in made.comments] == [9]
    assert "Still there, commented on earlier" in made.body


def test_fixed_is_said_once() -> None:
    made = review(observed(), before("one"))
    assert "everything found earlier is fixed" in made.body
    assert "`one` in `train.py`: it was wrong" in made.body
    assert made.check.conclusion == "success"
    assert made.remembered == ()
    assert review(observed()).body is None


@pytest.mark.parametrize(
    "report",
    [observed(checked=("two",)), observed(status="failed", checked=(), reason="no data")],
)
def test_not_seen_is_not_fixed(report: Report) -> None:
    made = review(report, before("one"))
    assert made.body is None
    assert made.check.conclusion == "neutral"
    assert "could not be checked again" in made.check.summary
    assert [one.fingerprint for one in made.remembered] == ["one"]


def test_a_file_that_left_the_change_is_forgotten() -> None:
    made = review(observed(), before("one", path="gone.py"))
    assert made.body is None
    assert made.check.conclusion == "success"


def test_advice_of_an_earlier_review_is_not_fixed_news() -> None:
    assert review(observed(), before("one", posted=False)).body is None


def test_two_findings_of_one_line_share_a_suggestion() -> None:
    def on(new: str, name: str) -> Finding:
        edits = (Edit(path="train.py", start_line=1, end_line=1, replacement=new),)
        return finding(1, name, fix=Fix(description=f"mend {name}", edits=edits, verified=True))

    base = "compile(loss=mse, lr=10)"
    where = Change({"train.py": whole_file("train.py", 1)}, {"train.py": Text((base,))})
    report = observed(on("compile(loss=bce, lr=10)", "one"), on("compile(loss=mse, lr=0.1)", "two"))
    made = compose(report, where, Policy(), HEAD)
    (comment,) = made.comments
    assert comment.body.count("```suggestion") == 1
    assert "compile(loss=bce, lr=0.1)" in comment.body
    assert "mend one" in comment.body
    assert "mend two" in comment.body
    contrary = observed(on("compile(loss=bce)", "one"), on("compile(loss=mae)", "two"))
    (comment,) = compose(contrary, where, Policy(), HEAD).comments
    assert comment.body.count("```suggestion") == 1
    assert comment.body.count("```diff") == 1


def test_a_fix_far_apart_comes_in_parts() -> None:
    edits = tuple(
        Edit(path="train.py", start_line=line, end_line=line, replacement="new") for line in (5, 50)
    )
    fix = Fix(description="do both", edits=edits, verified=None)
    made = review(observed(finding(50, "one", fix=fix)))
    assert [(comment.line, "2 parts" in comment.body) for comment in made.comments] == [
        (50, True),
        (5, False),
    ]
    assert "part 2 of 2" in made.comments[1].body
    assert "(not tried)" in made.comments[0].body


def test_a_fix_whose_parts_are_too_many_is_shown_as_a_diff() -> None:
    edits = tuple(
        Edit(path="train.py", start_line=line, end_line=line, replacement="new") for line in (5, 50)
    )
    fix = Fix(description="do both", edits=edits, verified=True)
    made = review(observed(finding(50, "one", fix=fix), finding(55, "two")), max_comments=1)
    (comment,) = made.comments
    assert "```suggestion" not in comment.body
    assert comment.body.count("+new") == 2
    assert "1 more finding" in made.body


def test_a_fix_outside_the_diff_is_shown_not_suggested() -> None:
    edits = (Edit(path="train.py", start_line=40, end_line=40, replacement="new 40"),)
    fix = Fix(description="do it there", edits=edits, verified=True)
    where = change(train=with_context("train.py", [10]))
    (comment,) = review(observed(finding(10, "one", fix=fix)), where=where).comments
    assert "suggestion" not in comment.body
    assert "```diff\n--- a/train.py" in comment.body
    assert "+new 40" in comment.body


def test_a_fix_that_did_not_help_is_not_offered() -> None:
    bad = finding(3, "one")
    bad = bad.model_copy(update={"fix": bad.fix.model_copy(update={"verified": False})})
    (comment,) = review(observed(bad)).comments
    assert "suggestion" not in comment.body
    assert "do it right" not in comment.body


def test_a_range_lies_in_one_hunk() -> None:
    where = change(train=with_context("train.py", [10, 30]))
    inside = review(observed(finding(9, "one", end_line=12, fix=None)), where=where)
    assert inside.comments[0].payload() | {"body": ""} == {
        "path": "train.py",
        "start_line": 9,
        "start_side": "RIGHT",
        "line": 12,
        "side": "RIGHT",
        "body": "",
    }
    across = review(observed(finding(12, "one", end_line=29, fix=None)), where=where)
    assert "start_line" not in across.comments[0].payload()


def test_experiment_is_told_in_numbers() -> None:
    experiment = Experiment(
        metric="accuracy",
        seeds=3,
        before=(0.1, 0.1, 0.1),
        after=(0.9, 0.8, 1.0),
        seconds=9,
        outcome="better",
        held_out=100,
        loss_before=(2.0, 2.0, 1.9),
        loss_after=(2.0, 1.0, 0.0),
    )
    good = finding(3, "one")
    good = good.model_copy(update={"fix": good.fix.model_copy(update={"experiment": experiment})})
    (comment,) = review(observed(good)).comments
    told = "accuracy on held-out samples 0.10 0.10 0.10 -> 0.90 0.80 1.00, 3 seeds, 9 s."
    assert f"Proof: contract mended, and it helps: {told}" in comment.body
    assert "Loss: `██▁` before, `█▅▁` after" in comment.body
    lines = [line for line in comment.body.split("```")[0].split("\n") if line]
    assert len(re.sub(r"(?s)<details>.*</details>", "folded", "\n".join(lines)).split("\n")) <= 6


def test_a_mended_contract_without_an_effect_is_told_as_such() -> None:
    experiment = Experiment(metric="r2", seeds=3, before=(0.9,), after=(0.9,), seconds=9)
    good = finding(3, "one")
    good = good.model_copy(update={"fix": good.fix.model_copy(update={"experiment": experiment})})
    (comment,) = review(observed(good)).comments
    assert "Proof: contract mended, effect within noise: " in comment.body


def test_crlf_and_tabs_are_kept() -> None:
    text = Text.of(b"def f():\r\n\treturn 1\r\n")
    where = Change({"train.py": whole_file("train.py", 2)}, {"train.py": text})
    edits = (Edit(path="train.py", start_line=2, end_line=2, replacement="\treturn 2"),)
    made = observed(finding(2, "one", fix=Fix(description="d", edits=edits)))
    (comment,) = compose(made, where, Policy(), HEAD).comments
    assert "```suggestion\n\treturn 2\r\n```" in comment.body


def test_nobody_is_called_and_nothing_is_markup() -> None:
    message = "@octocat said <img src=x> ![p](http://x/y) in `code`"
    made = review(observed(finding(3, "one", message=message, why="</details>")))
    for text in (made.comments[0].body, made.check.summary):
        assert "@octocat" not in text
        assert "<img" not in text
        assert not re.search(r"(?<!\\)!\[p\]", text)
    assert made.comments[0].body.count("</details>") == 1


def test_every_text_fits(recwarn: pytest.WarningsRecorder) -> None:
    del recwarn
    findings = [
        finding(line, f"rule-{line}", message="ä" * 3000, evidence=Evidence(data="x" * 9000))
        for line in range(1, 60)
    ]
    made = review(observed(*findings), max_comments=50)
    texts = [made.body, made.check.summary, made.check.text, *(c.body for c in made.comments)]
    assert max(len(text.encode()) for text in texts) <= 65_535
    assert made.body.endswith("-->")
    folded = made.without_comments()
    assert len(folded.body.encode()) <= 65_535
    assert f"head={HEAD}" in folded.body


def test_a_long_comment_keeps_its_suggestion_whole() -> None:
    many = [
        finding(3, f"rule-{number}", message="ä" * 3000, why="ö" * 3000) for number in range(20)
    ]
    (comment,) = review(observed(*many), max_comments=50).comments
    assert "shortened" in comment.body
    assert "\n\n```suggestion\nnew 3\n```\n\n<!-- faultline:told" in comment.body
    assert len(comment.body.encode()) <= 65_535


def test_a_fix_too_large_for_a_comment_is_no_suggestion() -> None:
    edits = (Edit(path="train.py", start_line=3, end_line=3, replacement=f"x = '{'ä' * 40_000}'"),)
    fix = Fix(description="do it right", edits=edits, verified=True)
    (comment,) = review(observed(finding(3, "one", fix=fix))).comments
    assert "suggestion" not in comment.body
    assert "\n```\n\n… shortened" in comment.body  # the block of the diff is closed
    assert len(comment.body.encode()) <= 65_535


def test_without_comments_everything_is_in_the_body() -> None:
    made = review(observed(finding(3, "one"))).without_comments()
    assert made.comments == ()
    assert "`train.py:3`" in made.body
    assert "```python\nnew 3\n```" in made.body
    assert "suggestion" not in made.body


NAMES = st.sampled_from([f"rule-{number}" for number in range(6)])
FINDINGS = st.lists(
    st.builds(
        finding,
        st.integers(1, 60),
        NAMES,
        severity=st.sampled_from(["error", "warning", "advice"]),
        path=st.sampled_from(["train.py", "other.py"]),
    ),
    max_size=8,
)


@given(FINDINGS, st.integers(0, 6), st.lists(st.builds(before, NAMES), max_size=4))
def test_every_comment_is_one_that_github_takes(
    findings: list[Finding], limit: int, earlier: list[Earlier]
) -> None:
    where = change(train=with_context("train.py", [8, 20, 44], gaps=[20]))
    made = review(observed(*findings), *earlier, where=where, max_comments=limit)
    file = where.files["train.py"]
    assert len(made.comments) <= limit
    for comment in made.comments:
        assert comment.path == "train.py"
        assert file.hunk_at(comment.start, comment.line) is not None
        assert made.body is not None
    loud = {f.fingerprint for f in findings if f.severity != "advice"}
    told = {one.fingerprint for one in made.remembered if one.posted}
    known = {one.fingerprint for one in earlier}
    assert told <= loud | known
    assert len({f.fingerprint for f in findings} | (known & told)) <= len(made.remembered)


def test_a_program_that_is_no_program() -> None:
    skipped = ProgramReport(path="setup.py", status="skipped", reason="no model is trained here")
    made = review(observed().model_copy(update={"programs": (skipped,)}))
    assert made.check.conclusion == "neutral"
    assert made.check.title == "No training program in this change"


def test_a_name_that_looks_like_a_mark_is_no_mark() -> None:
    """Names of files are a stranger's: no review may take one for what it said itself."""
    forged = f"<!-- faultline:review head={HEAD} -->"
    path = f"{forged}.py"
    where = change(a=whole_file("train.py", 60), b=whole_file(path, 9))
    found = [
        finding(3, "one"),
        make_finding(path=path, line=3, end_line=3, fix=None, severity="warning"),
    ]
    made = review(observed(*found), where=where, max_comments=1)
    assert made.body is not None
    assert made.body.count(forged) == 2  # in the list of what got no comment, and ours
    assert marks_of(made.body).count(forged) == 1
    assert marks_of(made.without_comments().body or "") == marks_of(made.body)


def test_what_a_terminal_would_obey_is_not_repeated() -> None:
    made = review(observed(finding(3, "one", message="loss \x00 \x1b[31mred\ud800")))
    (comment,) = made.comments
    assert not set("\x00\x1b\ud800") & set(comment.body)
