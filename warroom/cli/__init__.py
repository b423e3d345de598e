"""The command line."""

from __future__ import annotations

import sys

from warroom.cli.plainly import verify_options
from warroom.errors import ExitCode


def command_line(argv: list[str]) -> int:
    """Runs one command and returns its exit code. Raises WarroomError for what a person must be told."""
    plainly = verify_options(argv)
    if plainly is not None:
        from warroom.cli.verify import verify

        return verify(plainly)
    return _any_command(argv)


def _any_command(argv: list[str]) -> int:
    import typer

    from warroom.cli.commands import app

    command = typer.main.get_command(app)
    try:
        outcome = command.main(args=argv, prog_name="warroom", standalone_mode=False)
    except Exception as error:
        shown = getattr(error, "show", None)
        if shown is None:
            raise
        # What the command-line library refuses (an unknown option, say) is a usage error, in its own words.
        shown(file=sys.stderr)
        return int(ExitCode.USAGE)
    return int(outcome or 0)
