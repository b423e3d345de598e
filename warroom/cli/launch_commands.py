"""The commands around a launch: running one, looking at it, asking something of it."""

from __future__ import annotations

import sys

import typer

from warroom.cli import arguments
from warroom.cli.usage import Command
from warroom.errors import UsageError
from warroom.text import clean


def add_to(app: typer.Typer) -> None:
    """Adds the commands, in the order in which the help lists them."""
    for command in (
        run,
        console,
        stop,
        launches,
        status,
        t0,
        clock,
        step,
        note,
        hold,
        draft,
        post,
        gate,
        incident,
        ack,
        trigger,
        signal,
        baseline,
        act,
        close,
        amend,
        purge,
        token,
        audit,
    ):
        app.command(cls=Command)(command)


def run(
    playbook: arguments.PlaybookOrLaunch,
    headless: arguments.EngineOnly = False,
    t0: arguments.OpenT0 = "",
    new: arguments.New = False,
    state: arguments.StateFolder = None,
    inputs: arguments.Inputs = None,
    env_file: arguments.EnvFile = None,
    environment: arguments.Environment = "",
    gate: arguments.GateStates = None,
    attest: arguments.Attest = None,
    evidence: arguments.LaunchEvidence = None,
    allow_commands: arguments.AllowCommands = False,
    listen: arguments.Listen = "",
    expose: arguments.Expose = False,
    take_over: arguments.TakeOver = False,
    ready_fd: arguments.ReadyPipe = -1,
    lifeline_fd: arguments.Lifeline = -1,
) -> int:
    """Open a launch, or go on with the open one: an engine in the background, and its console."""
    from warroom.cli.folders import safe_state_folder
    from warroom.cli.opened import LaunchOptions, opening_t0

    options = LaunchOptions(
        playbook=playbook,
        headless=headless,
        state=safe_state_folder(state),
        new=new,
        t0=opening_t0(t0),
        inputs=tuple(inputs or ()),
        env_file=env_file,
        environment=environment,
        gates=tuple(gate or ()),
        attest=tuple(attest or ()),
        evidence=evidence,
        allow_commands=allow_commands,
        listen=listen,
        expose=expose,
        take_over=take_over,
        ready_fd=ready_fd,
        lifeline_fd=lifeline_fd,
    )
    if headless:
        from warroom.cli.run import run as engine

        return engine(options)
    from warroom.cli.attached import run as with_console

    return with_console(options, sys.argv[2:])


def console(
    launch: arguments.RunningLaunch = "",
    read_only: arguments.ReadOnly = False,
    state: arguments.StateFolder = None,
) -> int:
    """Attach a console to a running launch; as many as you like at once."""
    from warroom.cli.attached import console as command

    return command(launch, state, read_only=read_only)


def stop(launch: arguments.LaunchName, state: arguments.StateFolder = None) -> int:
    """End the engine of a launch; the launch stays open, and `warroom run` takes it up again."""
    from warroom.cli.stopping import stop as command

    return command(launch, state)


def launches(state: arguments.StateFolder = None) -> int:
    """List the launches on this machine."""
    from warroom.cli.looking import launches as command

    return command(state)


def status(
    launch: arguments.LaunchName, as_json: arguments.AsJson = False, state: arguments.StateFolder = None
) -> int:
    """Say where a launch stands: what was posted, what is next, what is held, what people still have to give."""
    from warroom.cli.looking import status as command

    return command(launch, state, as_json=as_json)


def t0(
    launch: arguments.LaunchName,
    at: arguments.Instant = "",
    reason: arguments.Reason = "",
    scrub: arguments.Scrub = False,
    state: arguments.StateFolder = None,
) -> int:
    """Set T0, slip it with a reason, or scrub it."""
    from warroom.cli.asking import ask

    if scrub and at:
        raise UsageError(f"--scrub takes T0 back, and '{clean(at, limit=80)}' sets it", hint="say one of them")
    body = {"request": "scrub", "reason": reason} if scrub else {"request": "t0", "at": at, "reason": reason}
    return ask(launch, state, body)


def clock(launch: arguments.LaunchName, state: arguments.StateFolder = None) -> int:
    """Say that the wall clock is right, after somebody set it forward: posts that wait for that may leave."""
    from warroom.cli.asking import ask

    return ask(launch, state, {"request": "clock"})


def step(
    launch: arguments.LaunchName,
    step_id: arguments.StepName,
    value: arguments.Values = None,
    state: arguments.StateFolder = None,
) -> int:
    """Say that a step was done, with what it asks for."""
    from warroom.cli.asking import ask
    from warroom.cli.options import pairs

    return ask(launch, state, {"request": "step", "step": step_id, "values": pairs(value or (), "--value")})


def note(launch: arguments.LaunchName, text: arguments.NoteText, state: arguments.StateFolder = None) -> int:
    """Put a note on record."""
    from warroom.cli.asking import ask

    return ask(launch, state, {"request": "note", "text": text})


def hold(
    launch: arguments.LaunchName,
    update: arguments.SlotName,
    reason: arguments.Reason = "",
    release: arguments.Release = False,
    state: arguments.StateFolder = None,
) -> int:
    """Hold an update back with a reason, or release it."""
    from warroom.cli.asking import ask

    held = {"request": "hold", "slot": update, "reason": reason}
    return ask(launch, state, {"request": "release", "slot": update} if release else held)


def draft(
    launch: arguments.LaunchName,
    update: arguments.SlotName,
    text: arguments.RemarkText,
    state: arguments.StateFolder = None,
) -> int:
    """Add a remark to an update before it is sent, below what was measured."""
    import sys

    from warroom.cli.asking import ask

    text = sys.stdin.read(10_000) if text == "-" else text
    return ask(launch, state, {"request": "draft", "slot": update, "text": text})


def post(
    launch: arguments.LaunchName,
    update: arguments.SlotName,
    again: arguments.Again = False,
    done: arguments.Done = False,
    link: arguments.DoneLink = "",
    skip: arguments.SkipTask = False,
    reason: arguments.Reason = "",
    state: arguments.StateFolder = None,
) -> int:
    """Post an update now, before its time or out of a hold; or again; or say that you told it, or nobody will."""
    from warroom.cli.asking import ask, post_body

    return ask(launch, state, post_body(update, again=again, done=done, skip=skip, link=link, reason=reason))


def gate(
    launch: arguments.LaunchName,
    gate: arguments.GateName,
    stands: arguments.GateStands,
    reason: arguments.Reason = "",
    state: arguments.StateFolder = None,
) -> int:
    """Say how another system stands, with a reason: green, red or unknown; poll takes that back."""
    from warroom.cli.asking import ask

    return ask(launch, state, {"request": "gate", "gate": gate, "state": stands, "reason": reason})


def incident(
    launch: arguments.LaunchName,
    do: arguments.IncidentDo,
    words: arguments.IncidentWords = None,
    severity: arguments.IncidentSeverity = "",
    reason: arguments.Reason = "",
    state: arguments.StateFolder = None,
) -> int:
    """Open an incident (open TEXT), say more about it (note ID TEXT) or end it (resolve ID --reason TEXT)."""
    from warroom.cli.asking import ask, incident_body

    return ask(launch, state, incident_body(do, tuple(words or ()), reason, severity))


def ack(
    launch: arguments.LaunchName,
    trigger: arguments.TriggerName,
    reason: arguments.Reason = "",
    for_: arguments.ForHowLong = "",
    state: arguments.StateFolder = None,
) -> int:
    """Take care of a trigger that fires: everybody sees who does, until when, and why."""
    from warroom.cli.asking import ask

    body = {"request": "ack", "trigger": trigger, "reason": reason}
    return ask(launch, state, {**body, "for": for_} if for_ else body)


def trigger(
    launch: arguments.LaunchName,
    do: arguments.TriggerDo,
    trigger: arguments.TriggerName,
    reason: arguments.Reason = "",
    for_: arguments.ForHowLong = "",
    state: arguments.StateFolder = None,
) -> int:
    """Snooze the posts about a trigger (with --for), resume what it has paused, or declare what only people know."""
    from warroom.cli.asking import ask
    from warroom.cli.triggers import trigger_body

    return ask(launch, state, trigger_body(do, trigger, reason, for_))


def signal(
    launch: arguments.LaunchName,
    signal: arguments.SignalName,
    value: arguments.SignalValue,
    state: arguments.StateFolder = None,
) -> int:
    """Give the number of a signal that people measure, or start or stop its watch."""
    from warroom.cli.asking import ask

    return ask(launch, state, {"request": "signal", "signal": signal, "value": value})


def baseline(
    launch: arguments.LaunchName,
    baseline: arguments.BaselineName,
    reason: arguments.Reason = "",
    state: arguments.StateFolder = None,
) -> int:
    """Capture a baseline now, in the place of what it was."""
    from warroom.cli.asking import ask

    return ask(launch, state, {"request": "baseline", "baseline": baseline, "reason": reason})


def act(
    launch: arguments.LaunchName,
    words: arguments.ActWords = None,
    reason: arguments.Reason = "",
    typed: arguments.Typed = "",
    yes: arguments.Yes = False,
    state: arguments.StateFolder = None,
) -> int:
    """Show levers and procedures; start, confirm or abort one, finish or skip a step; set a lever or kill switch."""
    from warroom.cli.act import act as command

    return command(launch, tuple(words or ()), reason, typed, state, yes=yes)


def close(launch: arguments.LaunchName, reason: arguments.Reason = "", state: arguments.StateFolder = None) -> int:
    """Close a launch; what is still owed stays unsent."""
    from warroom.cli.closing import close as command

    return command(launch, reason, state)


def amend(
    launch: arguments.LaunchName,
    playbook: arguments.OtherPlaybook,
    yes: arguments.Yes = False,
    state: arguments.StateFolder = None,
) -> int:
    """Go on with another playbook: shows what differs, and asks. What was sent stays sent."""
    from warroom.cli.amend import amend as command

    return command(launch, playbook, state, yes=yes)


def purge(
    launch: arguments.LaunchName,
    keep_journal: arguments.KeepJournal = False,
    yes: arguments.Yes = False,
    state: arguments.StateFolder = None,
) -> int:
    """Delete a closed launch and everything that is kept of it."""
    from warroom.cli.purge import purge as command

    return command(launch, state, keep_journal=keep_journal, yes=yes)


def token(
    launch: arguments.LaunchName,
    name: arguments.PersonName = "",
    revoke: arguments.Revoke = False,
    state: arguments.StateFolder = None,
) -> int:
    """Make a token with which a person reaches the launch over TCP, list them, or take them back."""
    from warroom.cli.tokens import token as command

    return command(launch, name, state, revoke=revoke)


def audit(
    launch: arguments.LaunchOrExport,
    head: arguments.Heads = None,
    export: arguments.Export = False,
    state: arguments.StateFolder = None,
) -> int:
    """Check a journal: its chain, and the heads that were published. 0: sound, 1: something is wrong."""
    from warroom.cli.looking import audit as command
    from warroom.cli.looking import export as command_export

    return command_export(launch, state) if export else command(launch, state, tuple(head or ()))
