"""A loss function that is never defined.

What it finds
    A PyTorch loop whose loss comes from a function that no statement of the program binds.
Why it hurts
    The first step stops with a NameError. Often the loss was defined under another name, or in a
    cell that is gone.
How it is measured
    The function that gives the value on which backward is called, against all names that the
    program binds: assignments, parameters, imports, loops.
When it is right
    When the name comes from a star import, which is not reported.
Example
    loss_fun = nn.CrossEntropyLoss()
    loss = loss_func(net(x), y)
    loss.backward()
Instead
    loss_fun = nn.CrossEntropyLoss()
    loss = loss_fun(net(x), y)
    loss.backward()
The fix
    The one loss that the program does define, when there is exactly one; else none.
Sources
    Python's language reference, section 4.2 (naming and binding).
"""

from __future__ import annotations

import builtins
import difflib
import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import Site
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.flow import names_bound
from analyzer.rules.samples import sample
from analyzer.source.calls import CallSite, SourceIndex


class UndefinedLoss(Rule):
    """The loop calls a loss that does not exist."""

    code = "FL408"
    name = "undefined-loss"
    kind = "loss"
    severity = "error"
    confidence = 0.9
    frameworks = frozenset({"torch"})
    needs = ()
    why = "A name that nothing binds stops the first training step with a NameError."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The assignment in front of each backward call."""
        source = program.source
        backwards = source.by_role("backward")
        if not backwards:
            yield self.unchecked("needs the training loop, not seen")
            return
        bound = names_bound(source)
        for backward in backwards:
            found = _called(source, backward)
            if found is None or "*" in bound or found[0] in bound or hasattr(builtins, found[0]):
                continue
            name, site = found
            yield Suspicion(
                site=site,
                message=f"The loss function {name} is called here, and nothing defines it.",
                evidence=Evidence(static={"name": name}),
                fix=_fix(source, name, site),
            )


def _called(source: SourceIndex, backward: CallSite) -> tuple[str, Site] | None:
    """The plain name that is called to make the value of ``value.backward()``, and its place."""
    value = backward.receiver
    if value is None or backward.site.path != source.path:
        return None
    pattern = re.compile(rf"^\s*{re.escape(value)}\s*=\s*([A-Za-z_]\w*)\s*\(")
    for line in range(backward.site.line - 1, 0, -1):
        match = pattern.match(source.lines[line - 1])
        if match is not None:
            place = Site(
                path=source.path,
                line=line,
                column=match.start(1),
                end_line=line,
                end_column=match.end(1),
            )
            return match.group(1), place
    return None


def _fix(source: SourceIndex, name: str, site: Site) -> FixPlan | Declined:
    targets = {call.target for call in source.by_role("loss") if call.target}
    close = difflib.get_close_matches(name, sorted(targets), 1)
    if not close:
        return Declined("no loss of a similar name is defined")
    return FixPlan(f"call {close[0]}", (ReplaceExpression(site, close[0]),))


LOOP = """
loss_fun = nn.CrossEntropyLoss()
def train(net, x, y):
    loss = loss_func(net(x), y)
    loss.backward()
    optimizer.step()
"""

EXAMPLES = (
    Example(
        "a name that is spelled in two ways",
        sample(LOOP, framework="torch"),
        found=(Found(3, "loss_func is called here", "loss = loss_fun(net(x), y)"),),
    ),
    Example(
        "no loss anywhere",
        sample("loss = criterion(net(x), y)\nloss.backward()", framework="torch"),
        found=(Found(1, "criterion is called here", None),),
    ),
    Example("the name is right", sample(LOOP.replace("_func(", "_fun("), framework="torch")),
    Example(
        "the loss is a parameter",
        sample(
            "def step(criterion, z, y):\n    loss = criterion(z, y)\n    loss.backward()",
            framework="torch",
        ),
    ),
    Example(
        "a star import may bring it",
        sample(
            "from losses import *\nloss = criterion(z, y)\nloss.backward()",
            framework="torch",
        ),
    ),
    Example("no loop", sample("x = 1", framework="torch"), unchecked="training loop"),
)
