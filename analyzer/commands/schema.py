"""`faultline schema`."""

from __future__ import annotations

import click

from analyzer.formats.json import render_schema


@click.command()
def schema() -> None:
    """Print the JSON Schema of the report."""
    click.echo(render_schema(), nl=False)
