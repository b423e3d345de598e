"""The commands, as the command-line library reads, checks and explains them. Each one's work is imported when it is
called, so that the others stay quick."""

from __future__ import annotations

import typer

from warroom import __version__
from warroom.cli import arguments, launch_commands
from warroom.cli.usage import Command

_EPILOG = (
    "Exit codes: 0 GREEN, 1 RED, 2 usage, 3 UNKNOWN, 4 not strictly green, 5 nothing selected, "
    "6 a trigger paused the launch or rolled it back, 7 an update was not delivered, 70 internal, 130 interrupted, "
    "143 terminated."
)

app = typer.Typer(
    name="warroom",
    help="Runs a software launch from one file: verifies, shows, posts and keeps the evidence.",
    epilog=_EPILOG,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _root(version: arguments.Version = False) -> None:
    if version:
        typer.echo(f"warroom {__version__}")
        raise typer.Exit


@app.command(cls=Command)
def verify(
    playbook: arguments.PlaybookFile,
    headless: arguments.Headless = False,
    suite: arguments.Suite = "",
    only: arguments.Only = None,
    skip: arguments.Skip = None,
    inputs: arguments.Inputs = None,
    env_file: arguments.EnvFile = None,
    environment: arguments.Environment = "",
    gate: arguments.GateStates = None,
    attest: arguments.Attest = None,
    wait: arguments.Wait = "",
    evidence: arguments.Evidence = None,
    output: arguments.Format = "text",
    report: arguments.Reports = None,
    strict: arguments.Strict = False,
    allow_commands: arguments.AllowCommands = False,
) -> int:
    """Run the verification once and end with its verdict."""
    from warroom.cli.options import VerifyOptions
    from warroom.cli.verify import verify as run

    options = VerifyOptions(
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
        reports=tuple(report or ()),
        strict=strict,
        allow_commands=allow_commands,
    )
    return run(options)


@app.command(cls=Command)
def demo(
    headless: arguments.Headless = False,
    scenario: arguments.Scenario = "steady",
    verify: arguments.VerifyOnly = False,
    evidence: arguments.DemoFolder = None,
    output: arguments.Format = "text",
    report: arguments.Reports = None,
) -> int:
    """Run a launch on embedded, simulated services and show its console: nothing else is needed. Without a terminal:
    their verification, then a launch up to its first post."""
    from warroom.cli.demo import DemoOptions
    from warroom.cli.demo import demo as run

    return run(DemoOptions(headless, scenario, verify, evidence, output, tuple(report or ())))


@app.command(cls=Command)
def lint(playbooks: arguments.PlaybookFiles) -> int:
    """Say what is wrong with playbooks: file:line:column, and what to write instead. Sends nothing."""
    from warroom.cli.language import lint as run

    return run(playbooks)


@app.command(cls=Command)
def doctor(
    playbook: arguments.PlaybookFile,
    inputs: arguments.Inputs = None,
    env_file: arguments.EnvFile = None,
    environment: arguments.Environment = "",
    state: arguments.StateFolder = None,
    test_post: arguments.TestPost = "",
) -> int:
    """Say what is wrong with the set-up: inputs, state folder, names, Slack, signals. 0 clean, 1 findings."""
    from warroom.cli.doctor import DoctorOptions
    from warroom.cli.doctor import doctor as run
    from warroom.cli.folders import state_folder

    options = DoctorOptions(
        playbook=playbook,
        state=state_folder(state),
        inputs=tuple(inputs or ()),
        env_file=env_file,
        environment=environment,
        test_post=test_post,
    )
    return run(options)


@app.command(cls=Command)
def plan(
    playbook: arguments.PlaybookFile,
    t0: arguments.PlannedT0 = "",
    inputs: arguments.Inputs = None,
    env_file: arguments.EnvFile = None,
    environment: arguments.Environment = "",
    output: arguments.PlanFormat = "text",
) -> int:
    """Show what a launch will do: every post as it will look, requests, commands, inputs. Sends nothing."""
    from warroom.cli.plan import PlanOptions
    from warroom.cli.plan import plan as run

    options = PlanOptions(
        playbook=playbook,
        t0=t0,
        inputs=tuple(inputs or ()),
        env_file=env_file,
        environment=environment,
        format=output,
    )
    return run(options)


@app.command(cls=Command)
def backtest(
    playbook: arguments.PlaybookFile,
    last: arguments.Last = "",
    since: arguments.From = "",
    until: arguments.To = "",
    step: arguments.Step = "15s",
    t0: arguments.PastT0 = "",
    inputs: arguments.Inputs = None,
    env_file: arguments.EnvFile = None,
    environment: arguments.Environment = "",
    as_json: arguments.AsJson = False,
) -> int:
    """Say when each trigger would have fired, by a Prometheus' history. 0 all decided, 3 not all."""
    from warroom.cli.backtest import BacktestOptions
    from warroom.cli.backtest import backtest as run

    options = BacktestOptions(
        playbook=playbook,
        last=last,
        since=since,
        until=until,
        step=step,
        t0=t0,
        inputs=tuple(inputs or ()),
        env_file=env_file,
        environment=environment,
        json=as_json,
    )
    return run(options)


@app.command(cls=Command)
def schema(what: arguments.SchemaOf = "playbook") -> int:
    """Print the JSON Schema of playbooks (for editors), or of `verify --format json`."""
    from warroom.cli.language import schema as run

    return run(what)


launch_commands.add_to(app)
