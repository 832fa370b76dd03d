"""The console script `faultline`: commands come from three packages and load when used."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points

import click

from analyzer.errors import FaultlineError, UsageError
from analyzer.version import VERSION

GROUP = "faultline.commands"
USAGE, INTERRUPTED = 2, 130


class Commands(click.Group):
    """Finds commands among the installed entry points, so that start-up imports one of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(entry.name for entry in entry_points(group=GROUP))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        found: list[EntryPoint] = list(entry_points(group=GROUP, name=cmd_name))
        if not found:
            return None
        command = found[0].load()
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="faultline")
def faultline() -> None:
    """Review deep-learning training programs: every comment is a demonstrated fact."""


def main() -> None:
    """Run a command; wrong usage is one line on standard error and exit status 2."""
    try:
        status = faultline.main(prog_name="faultline", standalone_mode=False)
    except click.ClickException as error:
        print(f"faultline: {' '.join(error.format_message().split())}", file=sys.stderr)
        sys.exit(USAGE)
    except UsageError as error:
        print(f"faultline: {error}", file=sys.stderr)
        sys.exit(USAGE)
    except FaultlineError as error:
        print(f"faultline: {error}", file=sys.stderr)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
