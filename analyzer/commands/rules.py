"""`faultline rules`."""

from __future__ import annotations

import difflib

import click

from analyzer.catalog import rule_page
from analyzer.rules.registry import all_rules


@click.command()
@click.argument("name", required=False)
def rules(name: str | None) -> None:
    """List the rules, or print one rule's page."""
    known = all_rules()
    if name is None:
        width = max(len(rule.name) for rule in known)
        for rule in known:
            click.echo(f"{rule.code}  {rule.name:{width}}  {rule.severity:7}  {rule.kind}")
        return
    wanted = [rule for rule in known if name.lower() in (rule.name, rule.code.lower())]
    if not wanted:
        close = difflib.get_close_matches(name, [rule.name for rule in known], 1)
        hint = f"did you mean {close[0]}?" if close else "`faultline rules` lists them"
        raise click.BadParameter(f"there is no rule {name!r}; {hint}", param_hint="NAME")
    click.echo(rule_page(wanted[0]))
