"""The command line. Each command's work is imported when it is called, so that the others stay quick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from warroom import __version__
from warroom.errors import ExitCode

_EPILOG = (
    "Exit codes of verify: 0 GREEN, 1 RED, 2 usage, 3 UNKNOWN, 4 not strictly green, 5 nothing selected, 70 internal."
)

app = typer.Typer(
    name="warroom",
    help="Runs a software launch from one file: verifies, shows and keeps the evidence.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

PlaybookFile = Annotated[Path, typer.Argument(metavar="PLAYBOOK", help="The playbook, a YAML file.")]
Headless = Annotated[bool, typer.Option("--headless", help="No console: plain lines, reports, exit code.")]
Format = Annotated[
    str, typer.Option("--format", metavar="NAME", help="What goes to stdout: text, json, junit, markdown or github.")
]
Reports = Annotated[
    list[str], typer.Option("--report", metavar="FORMAT=FILE", help="Write a report to a file, too; repeatable.")
]
Evidence = Annotated[Path | None, typer.Option("--evidence", metavar="DIR", help="Where evidence is kept (here).")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit code 4 unless every check is a plain pass.")]


def command_line(arguments: list[str]) -> int:
    """Runs one command and returns its exit code. Raises WarroomError for what a person must be told."""
    command = typer.main.get_command(app)
    try:
        outcome = command.main(args=arguments, prog_name="warroom", standalone_mode=False)
    except Exception as error:
        shown = getattr(error, "show", None)
        if shown is None:
            raise
        # What the command-line library refuses (an unknown option, say) is a usage error, in its own words.
        shown(file=sys.stderr)
        return int(ExitCode.USAGE)
    return int(outcome or 0)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version and end.")] = False,
) -> None:
    if version:
        typer.echo(f"warroom {__version__}")
        raise typer.Exit


@app.command()
def verify(
    playbook: PlaybookFile,
    headless: Headless = False,
    suite: Annotated[str, typer.Option(metavar="NAME", help="The suite to run (verify, or the only one).")] = "",
    only: Annotated[list[str] | None, typer.Option(metavar="CHECK", help="Run this check; repeatable.")] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="CHECK", help="Leave this check out; repeatable.")] = None,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", metavar="NAME=VALUE", help="An input (not a secret); repeatable.")
    ] = None,
    env_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Inputs and secrets as NAME=VALUE lines.")
    ] = None,
    environment: Annotated[str, typer.Option(metavar="NAME", help="Overlay of the playbook to use.")] = "",
    gate: Annotated[
        list[str] | None, typer.Option(metavar="NAME=STATE", help="Declare a gate green or red; repeatable.")
    ] = None,
    attest: Annotated[
        list[str] | None, typer.Option(metavar="NAME=ANSWER", help="Answer what only a person knows; repeatable.")
    ] = None,
    wait: Annotated[str, typer.Option(metavar="TIME", help="Try until ready, such as 3m; 0s tries once.")] = "",
    evidence: Evidence = None,
    output: Format = "text",
    report: Reports = [],  # noqa: B006 - typer copies it
    strict: Strict = False,
    allow_commands: Annotated[
        bool, typer.Option("--allow-commands", help="Let checks of kind command run programs here.")
    ] = False,
) -> int:
    """Run the verification once and end with its verdict."""
    from warroom.cli.options import VerifyOptions
    from warroom.cli.verify import verify as run

    return run(
        VerifyOptions(
            playbook=playbook,
            headless=headless,
            suite=suite,
            only=tuple(only or ()),
            skip=tuple(skip or ()),
            inputs=tuple(inputs or ()),
            env_file=env_file,
            environment=environment,
            gates=tuple(gate or ()),
            attest=tuple(attest or ()),
            wait=wait,
            evidence=evidence,
            format=output,
            reports=tuple(report),
            strict=strict,
            allow_commands=allow_commands,
        )
    )


@app.command()
def demo(
    headless: Headless = False,
    scenario: Annotated[
        str, typer.Option(metavar="NAME", help="How the services behave; `list` names them.")
    ] = "steady",
    evidence: Evidence = None,
    output: Format = "text",
    report: Reports = [],  # noqa: B006 - typer copies it
) -> int:
    """Verify the embedded, simulated services: nothing else is needed."""
    from warroom.cli.demo import DemoOptions
    from warroom.cli.demo import demo as run

    return run(DemoOptions(headless, scenario, evidence, output, tuple(report)))


@app.command()
def lint(playbooks: Annotated[list[Path], typer.Argument(metavar="PLAYBOOK...", help="Playbooks to check.")]) -> int:
    """Say what is wrong with playbooks: file:line:column, and what to write instead. Sends nothing."""
    from warroom.cli.language import lint as run

    return run(playbooks)


@app.command()
def schema(
    what: Annotated[str, typer.Argument(metavar="[playbook|verify]", help="Of what.")] = "playbook",
) -> int:
    """Print the JSON Schema of playbooks (for editors), or of `verify --format json`."""
    from warroom.cli.language import schema as run

    return run(what)
