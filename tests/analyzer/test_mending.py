"""Mends: overlapping edits are merged, and an edit is verified only by another check."""

from dataclasses import replace

from analyzer.findings import Finding
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression, SetArgument
from analyzer.fixing.lines import apply_edits
from analyzer.fusion import Judged, Verdict
from analyzer.mending import Broken, finding_with_fix, merge_offered, plan_mends
from analyzer.observed import Site
from analyzer.rechecking import verify
from analyzer.source.files import SourceFile, decode_source

TEXT = "f(1, 2)\ng(3)\nh(4)\n"


def source(text: str = TEXT) -> SourceFile:
    return decode_source("t.py", text.encode())


def judged(rule: str, line: int, column: int, text: str | None, severity: str = "error") -> Judged:
    site = Site(path="t.py", line=line, column=column, end_line=line, end_column=column + 1)
    plan = Declined("no") if text is None else FixPlan("mend", (ReplaceExpression(site, text),))
    finding = Finding(
        rule=rule,
        code="FL1",
        kind="loss",
        severity=severity,
        proof="contract",
        confidence=0.9,
        path="t.py",
        line=line,
        end_line=line,
        message="m",
        why="w",
    )
    return Judged(finding, plan, severity)


def verdict(*found: Judged) -> Verdict:
    return Verdict(tuple(found), (), ())


def test_edits_of_one_line_become_one_suggestion():
    one, two = plan_mends([judged("a", 1, 2, "7"), judged("b", 1, 5, "8")], source())
    assert one.edits == two.edits
    assert apply_edits(TEXT, one.edits) == "f(7, 8)\ng(3)\nh(4)\n"


def test_of_two_values_for_one_place_the_more_severe_finding_decides():
    found = [judged("advice", 1, 2, "7", "advice"), judged("error", 1, 2, "8", "error")]
    for mend in plan_mends(found, source()):
        assert apply_edits(TEXT, mend.edits) == "f(8, 2)\ng(3)\nh(4)\n"


def test_what_speaks_for_an_edit_does_not_speak_for_a_tentative_one_beside_it():
    spelling, rate = judged("api", 1, 2, "7", "advice"), judged("rate", 1, 5, "8", "advice")
    suspicion = rate.finding.model_copy(update={"proof": "rule"})
    one, two = plan_mends([spelling, replace(rate, finding=suspicion)], source())
    assert apply_edits(TEXT, one.edits) == "f(7, 2)\ng(3)\nh(4)\n"
    assert apply_edits(TEXT, two.edits) == "f(1, 8)\ng(3)\nh(4)\n"
    done = replace(one, verified=True)
    left, _ = merge_offered([done, two], source())
    assert left.edits == one.edits
    for mend in merge_offered([done, replace(two, verified=True)], source()):
        assert apply_edits(TEXT, mend.edits) == "f(7, 8)\ng(3)\nh(4)\n"


def test_of_edits_that_contradict_each_other_the_more_severe_finding_keeps_its_own():
    site = Site(path="t.py", line=1, column=0, end_line=1, end_column=7)
    spelling, whole = judged("api", 1, 2, "7", "advice"), judged("call", 1, 0, "k(9)", "warning")
    spelling = replace(spelling, plan=FixPlan("mend", (SetArgument(site, "q", "7"),)))
    whole = replace(whole, plan=FixPlan("mend", (ReplaceExpression(site, "k(9)"),)))
    one, two = plan_mends([spelling, whole], source())
    assert apply_edits(TEXT, two.edits) == "k(9)\ng(3)\nh(4)\n"
    assert not one.edits
    assert one.declined == "conflicts with the edit of line 1"


def test_edits_of_different_lines_stay_apart():
    one, two = plan_mends([judged("a", 1, 2, "7"), judged("b", 3, 2, "9")], source())
    assert [e.start_line for e in one.edits] == [1]
    assert [e.start_line for e in two.edits] == [3]


def test_declined_fix_keeps_its_reason():
    (mend,) = plan_mends([judged("a", 1, 2, None)], source())
    assert mend.declined == "no"
    assert finding_with_fix(mend, source()).fix is None


def test_edit_whose_finding_is_gone_is_verified():
    before = verdict(judged("a", 1, 2, "7"))
    seen = []

    def recheck(texts):
        seen.append(texts)
        return verdict()

    (mend,) = verify(plan_mends(before.judged, source()), before, source(), recheck)
    assert mend.verified is True
    assert seen == [{"t.py": "f(7, 2)\ng(3)\nh(4)\n"}]
    assert finding_with_fix(mend, source()).fix.verified is True


def test_edit_whose_finding_stays_is_not_offered():
    before = verdict(judged("a", 1, 2, "7"))
    (mend,) = verify(plan_mends(before.judged, source()), before, source(), lambda _: before)
    assert mend.verified is False
    assert finding_with_fix(mend, source()).fix is None


def test_edit_that_brings_a_new_error_is_not_offered():
    before = verdict(judged("a", 1, 2, "7"))
    after = verdict(judged("new", 2, 2, None))
    (mend,) = verify(plan_mends(before.judged, source()), before, source(), lambda _: after)
    assert mend.verified is False


def test_without_time_the_edit_stays_open():
    before = verdict(judged("a", 1, 2, "7"))
    (mend,) = verify(plan_mends(before.judged, source()), before, source(), lambda _: None)
    assert mend.verified is None
    assert finding_with_fix(mend, source()).fix.verified is None


def test_a_failing_edit_does_not_spoil_the_others():
    good, bad = judged("good", 1, 2, "7"), judged("bad", 3, 2, "9")
    before = verdict(good, bad)

    def recheck(texts):
        changed = texts["t.py"]
        left = [] if "f(7" in changed else [good]
        return verdict(*left, bad)

    mends = verify(plan_mends(before.judged, source()), before, source(), recheck)
    assert {m.judged.finding.rule: m.verified for m in mends} == {"good": True, "bad": False}
    assert replace(mends[0], verified=None).edits


def test_an_edit_that_breaks_the_program_is_not_verified():
    before = verdict(judged("a", 1, 2, "7"))
    mends = plan_mends(before.judged, source())
    (mend,) = verify(mends, before, source(), lambda _: Broken.BROKEN)
    assert mend.verified is False
    assert finding_with_fix(mend, source()).fix is None


def test_edits_of_advice_are_tried_only_when_asked():
    error, advice = judged("error", 1, 2, "7"), judged("advice", 3, 2, "9", "advice")
    before = verdict(error, advice)
    texts = []

    def recheck(changed):
        texts.append(changed["t.py"])
        return verdict(advice)

    mends = verify(plan_mends(before.judged, source()), before, source(), recheck, advice=False)
    assert {m.judged.finding.rule: m.verified for m in mends} == {"error": True, "advice": None}
    assert texts == ["f(7, 2)\ng(3)\nh(4)\n"]


def test_what_fails_is_found_by_halves_and_without_the_advice():
    found = [judged("advice", 1, 2, "7", "advice"), judged("b", 2, 2, "8"), judged("c", 3, 2, "9")]
    before = verdict(*found)
    texts = []

    def recheck(changed):
        texts.append(changed["t.py"])
        return Broken.BROKEN if "f(7" in changed["t.py"] else verdict()

    mends = verify(plan_mends(before.judged, source()), before, source(), recheck)
    assert [mend.verified for mend in mends] == [False, True, True]
    assert len(texts) == 3  # all, the posted ones, the advice


def test_of_edits_whose_findings_stay_the_others_need_one_more_run():
    found = [judged(name, line, 2, "7") for line, name in enumerate("abc", 1)]
    before = verdict(*found)
    texts = []

    def recheck(changed):
        texts.append(changed["t.py"])
        return verdict(found[2])

    mends = verify(plan_mends(before.judged, source()), before, source(), recheck)
    assert [mend.verified for mend in mends] == [True, True, False]
    assert len(texts) == 3  # all, a and b, c


def test_when_time_ends_between_two_checks_the_rest_stays_open():
    found = [judged("a", 1, 2, "7"), judged("b", 2, 2, "8")]
    before = verdict(*found)
    answers = [Broken.BROKEN, verdict(), None]
    mends = verify(plan_mends(before.judged, source()), before, source(), lambda _: answers.pop(0))
    assert [mend.verified for mend in mends] == [True, None]
