"""The review as printed: what a person must see is there, and marks of the terminal only on one."""

from worker.demo.github_standin.records import CheckRun, Review, ReviewComment, User
from worker.demo.rendering import Paint, check_run_text, review_text
from worker.demo.walkthrough import fixed_rules, rules_of

BOT = User("faultline[bot]", 1, "Bot")
BODY = """**error** · `a-rule`: The `output` is wrong and long enough to be wrapped as it goes on.

Why it hurts.

<details><summary>What was measured</summary>

- data: 1

</details>

````suggestion
    return ```x```
````
"""
COMMENT = ReviewComment(
    id=1,
    review_id=1,
    user=BOT,
    body=BODY,
    path="train.py",
    created_at="",
    commit_id="",
    original_commit_id="",
    diff_hunk="@@ -1,2 +1,2 @@ def f():\n a\n-    return y\n+    return x",
    original_line=3,
    original_start_line=2,
)
REVIEW = Review(1, BOT, "**Faultline:** 1 error.\n\n<!-- hidden -->", "COMMENTED", "a" * 40, "")


def test_a_review_as_a_person_reads_it() -> None:
    text = review_text(Paint(is_terminal=False), REVIEW, [COMMENT])
    assert "\x1b" not in text
    assert text.startswith("faultline[bot] reviewed aaaaaaa\n\nFaultline: 1 error.\n")
    assert "train.py:2-3\n   a\n  -    return y\n  +    return x\n" in text
    assert "    suggested change:\n          return ```x```" in text
    assert "What was measured" not in text
    assert "hidden" not in text
    assert max(len(line) for line in text.splitlines()) <= 88


def test_colours_on_a_terminal_alone() -> None:
    text = review_text(Paint(is_terminal=True), REVIEW, [COMMENT])
    assert "\x1b[32m+    return x\x1b[0m" in text
    assert "\x1b[36ma-rule\x1b[0m" in text


def test_a_check_run_with_its_table() -> None:
    summary = "### Programs\n\n| Program | Status |\n|-|-|\n| `a.py` | observed |"
    run = CheckRun(1, 1, "Faultline", "", "completed", "success", title="Fine", summary=summary)
    text = check_run_text(Paint(is_terminal=False), run)
    assert text.splitlines()[0] == "Check run Faultline: success, Fine"
    assert text.splitlines()[-2:] == ["Program   Status", "a.py   observed"]


def test_the_rules_that_a_review_names() -> None:
    assert rules_of([COMMENT, COMMENT]) == ["a-rule"]
    body = "x\n\nFixed since the last review:\n\n- `a-rule` in `a.py`: b\n- `c` in `d`: e\n\n- `f`"
    assert fixed_rules(body) == ["a-rule", "c"]
    assert fixed_rules("nothing is `fixed`") == []
