"""Names after a branch that may or may not be taken."""

from __future__ import annotations

from analyzer.source.models import LayerDraft, ModelDraft
from analyzer.source.values import UNKNOWN, Binding, Instance, Known, Unknown, Value


def join_branches(
    before: dict[str, Binding], body: dict[str, Binding], orelse: dict[str, Binding]
) -> None:
    """Write into `orelse` what each name may stand for after either branch."""
    for name, one in body.items():
        other = orelse.get(name)
        if other is None or other is one:
            orelse[name] = one
        elif one is before.get(name):
            orelse[name] = _either(other, one)
        else:
            orelse[name] = _either(one, other)


def _either(changed: Binding, other: Binding) -> Binding:
    """One binding for two: constants that differ become unknown, models become doubtful."""
    a, b = changed.value, other.value
    if a is b:
        return changed
    if isinstance(a, Known) and isinstance(b, Known):
        if type(a.value) is type(b.value) and a.value == b.value:
            return changed
        return Binding(changed.name, UNKNOWN, changed.site, changed.loops, (changed, other))
    preferred = max((changed, other), key=lambda binding: _rank(binding.value))
    doubt(preferred.value)
    return preferred


def _rank(value: Value) -> int:
    if isinstance(value, (LayerDraft, ModelDraft, Instance)):
        return 2
    return 0 if isinstance(value, Unknown) else 1


def doubt(value: Value) -> None:
    """Remember that a model or layer may be another one when the program runs."""
    if isinstance(value, ModelDraft):
        value.complete = False
    elif isinstance(value, (LayerDraft, Instance)):
        value.doubtful = True
