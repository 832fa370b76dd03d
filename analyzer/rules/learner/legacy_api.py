"""A spelling that today's frameworks no longer know.

What it finds
    Removed or renamed modules, functions and arguments that the program uses: `keras.layers.core`,
    `nb_epoch`, `lr`, `time.clock`.
Why it hurts
    With current releases the program stops there, or the argument is ignored.
How it is measured
    Each use that had to be stood in for while the program was observed, with its line.
When it is right
    When the program is pinned to the old release on purpose.
Example
    model.fit(x, y, nb_epoch=20)
Instead
    model.fit(x, y, epochs=20)
The fix
    Today's spelling, at every place of the same use. Safe.
Sources
    Release notes of Keras 2 and 3, TensorFlow 2, NumPy, scikit-learn and Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import (
    Change,
    Declined,
    FixPlan,
    RemoveArgument,
    ReplaceExpression,
    SetArgument,
)
from analyzer.observed import ApiUse, Observation, Site
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count
from analyzer.rules.samples import at, sample

KEYWORD = re.compile(r"^[\w.]*\((\w+)=\)$")
DOTTED = re.compile(r"^[A-Za-z_][\w.]*$")


class LegacyApi(Rule):
    """Names of the past."""

    code = "FL407"
    name = "legacy-api"
    kind = "api"
    severity = "advice"
    confidence = 0.95
    needs = ()
    why = "Current releases have removed or renamed this; the program runs on older ones only."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """One finding per old spelling, at its first use."""
        if program.observation is None:
            yield self.unchecked("needs a run, which shows what today's releases do not know")
            return
        groups: dict[tuple[str, str], list[ApiUse]] = {}
        for use in program.observation.api_uses:
            if use.site is not None:
                groups.setdefault((use.old, use.new), []).append(use)
        for (old, new), uses in groups.items():
            site = uses[0].site
            assert site is not None
            since = f" since {uses[0].since}" if uses[0].since else ""
            places = count(len({(u.site.line if u.site else 0) for u in uses}), "place")
            yield Suspicion(
                site=site,
                message=f"{old} is gone{since} ({places}); today it is {new}.",
                evidence=Evidence(trace={"old": old, "new": new, "since": uses[0].since}),
                fix=_fix(program, uses),
                root=f"api:{old}:{new}",
            )


def _fix(program: Program, uses: list[ApiUse]) -> FixPlan | Declined:
    changes: list[Change] = []
    for use in uses:
        found = _renamed_argument(program, use) or _renamed_name(program, use)
        if not found:
            return Declined("the new spelling is more than another name")
        changes += [change for change in found if change not in changes]
    return FixPlan(f"write {uses[0].new}", tuple(changes))


def _renamed_argument(program: Program, use: ApiUse) -> list[Change]:
    """``fit(nb_epoch=)`` as ``fit(epochs=)``: the same value under another keyword."""
    old, new = KEYWORD.match(use.old), KEYWORD.match(use.new)
    if not old or not new or use.site is None:
        return []
    for call in program.source.calls:
        given = call.argument(old.group(1))
        on_line = call.site.line <= use.site.line <= call.site.end_line
        if given is not None and on_line and call.site.path == use.site.path:
            remove = RemoveArgument(call.site, old.group(1))
            return [remove, SetArgument(call.site, new.group(1), given.text)]
    return []


def _renamed_name(program: Program, use: ApiUse) -> list[Change]:
    """``time.clock`` as ``time.perf_counter``, where it stands once on the line."""
    if not DOTTED.match(use.old) or not DOTTED.match(use.new) or use.site is None:
        return []
    source, line = program.source, use.site.line
    if use.site.path != source.path or line > len(source.lines):
        return []
    text = source.lines[line - 1]
    found = list(re.finditer(rf"(?<![\w.]){re.escape(use.old)}(?![\w.])", text))
    if len(found) != 1 or text.lstrip().startswith(("import ", "from ")):
        return []
    place = Site(
        path=source.path,
        line=line,
        column=found[0].start(),
        end_line=line,
        end_column=found[0].end(),
    )
    return [ReplaceExpression(place, use.new)]


def _used(text: str, *uses: tuple[str, str, int]) -> Program:
    api_uses = tuple(ApiUse(old=old, new=new, site=at(line)) for old, new, line in uses)
    return sample(text, observation=Observation(api_uses=api_uses))


EXAMPLES = (
    Example(
        "a renamed argument",
        _used("model.fit(x, y, nb_epoch=20)", ("fit(nb_epoch=)", "fit(epochs=)", 1)),
        found=(Found(1, "fit(nb_epoch=) is gone", "epochs=20"),),
    ),
    Example(
        "a removed function, used twice",
        _used(
            "start = time.clock()\nend = time.clock()",
            ("time.clock", "time.perf_counter", 1),
            ("time.clock", "time.perf_counter", 2),
        ),
        found=(Found(1, "(2 places); today it is time.perf_counter", "end = time.perf_counter()"),),
    ),
    Example(
        "a moved module is more than a name",
        _used("from keras.layers.core import Dense", ("keras.layers.core", "keras.layers", 1)),
        found=(Found(1, "keras.layers.core is gone", None),),
    ),
    Example("nothing old", _used("model.fit(x, y, epochs=20)")),
    Example(
        "an old word in a name of the program's own",
        _used("clock = my_time.clock_of(x)"),
    ),
    Example("not run", sample("time.clock()"), unchecked="needs a run"),
)
