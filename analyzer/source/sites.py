"""From the calls that were met to `CallSite`s."""

from __future__ import annotations

from analyzer.kinds import Framework
from analyzer.observed import Site
from analyzer.source.calls import Argument, CallSite, Role
from analyzer.source.machine import Machine
from analyzer.source.names import canonical
from analyzer.source.recording import CallSeen
from analyzer.source.roles import role_of
from analyzer.source.values import Class, Function, Given, Known, Named, Result


def call_sites(reader: Machine, framework: Framework | None) -> tuple[CallSite, ...]:
    """The calls that matter, in source order, the program's own file first."""
    own = reader.scope.parsed.path
    found = []
    for seen in reader.record.calls.values():
        role = seen_role(seen, framework)
        if role is not None:
            found.append(call_site(seen, role))
    found.sort(key=lambda call: (call.site.path != own, call.site.path, *_range(call.site)))
    return tuple(found)


def seen_role(seen: CallSeen, framework: Framework | None) -> Role | None:
    """What a call does; a class of the program that is a model counts as one."""
    if isinstance(seen.called, Class) and seen.called.kind in {"torch", "keras"}:
        return "model"
    bare_fit = framework in {"keras", "tf.keras"} and _looks_like_model(seen)
    return role_of(seen.callee, bare_fit=bare_fit)


def _looks_like_model(seen: CallSeen) -> bool:
    """A method of an unknown object: the arguments or the name must speak for a model."""
    keywords = {given.keyword for given in seen.given}
    training = {
        "epochs",
        "nb_epoch",
        "batch_size",
        "optimizer",
        "loss",
        "steps_per_epoch",
        "validation_data",
        "callbacks",
    }
    text = (seen.receiver_text or "").lower()
    names = ("model", "net", "classifier", "autoencoder", "cnn", "regressor")
    return bool(keywords & training) or any(name in text for name in names)


def call_site(seen: CallSeen, role: Role) -> CallSite:
    """One call as the index shows it."""
    arguments = [argument(seen, given) for given in seen.given if not given.starred]
    return CallSite(
        role=role,
        callee=seen.callee[:300],
        name=_last(seen),
        site=seen.site(),
        statement=seen.parsed.site(seen.statement),
        arguments=tuple(arguments),
        receiver=seen.receiver_text,
        function=seen.function,
        loops=seen.loops,
        target=seen.target,
    )


def _last(seen: CallSeen) -> str:
    name = seen.callee.removesuffix(".__call__")
    return name.rsplit(".", 1)[-1]


def argument(seen: CallSeen, given: Given) -> Argument:
    """One argument as the index shows it."""
    site = seen.parsed.site(given.node)
    known = isinstance(given.value, Known) and given.node not in seen.disagreeing
    value = given.value.value if known and isinstance(given.value, Known) else None
    literal = given.value.site if known and isinstance(given.value, Known) else None
    return Argument(
        keyword=given.keyword,
        position=given.position,
        text=seen.parsed.text(given.node),
        site=site,
        value=value,
        known=known,
        resolved=resolved_name(given.value),
        value_site=literal if literal is not None else (site if known else None),
    )


def resolved_name(value: object) -> str | None:
    """The dotted name of something imported, or of what a call of it gave."""
    if isinstance(value, Named):
        return canonical(value.dotted)
    if isinstance(value, Result):
        return value.callee
    if isinstance(value, (Function, Class)):
        return value.qualified
    return None


def _range(site: Site) -> tuple[int, int, int, int]:
    return (site.line, site.column, site.end_line, site.end_column)
