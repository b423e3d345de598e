"""`warroom verify`: runs a suite once, shows it (console or plain lines), writes reports, ends with the verdict."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from warroom.adapters.sampler_child import SamplerChild
from warroom.cli.options import VerifyOptions, output_format, report_files
from warroom.cli.output import Outputs, Terminal, end
from warroom.cli.plain import Plain, narrate
from warroom.client import Choice, Handlers, InProcess
from warroom.clock import Clock, RealClock
from warroom.errors import CannotMeasure, ExitCode, OutputLost, first_exit_code
from warroom.report import FORMATS

if TYPE_CHECKING:
    from warroom.cli.background import Background
    from warroom.cli.composition import Session


_LATEST_S: Final = 20.0
"""How long after its terminal a console may take to stop its run and to write down what it found."""
_STOPPING: Final = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    # A lost terminal; Windows has no such signal.
    getattr(signal, "SIGHUP", signal.SIGTERM): ExitCode.TERMINATED,
}


@dataclass(frozen=True, slots=True)
class Extras:
    """What the demo adds to the console: choices a person has, and what carries them out."""

    choices: Sequence[Choice] = ()
    choose: Callable[[str], Awaitable[None]] | None = None


def verify(options: VerifyOptions, environ: Mapping[str, str] | None = None, extras: Extras | None = None) -> int:
    """Runs the command and returns its exit code. Raises WarroomError before anything was sent, never after."""
    env = os.environ if environ is None else environ
    terminal = Terminal.of_process(env)
    formats = tuple(FORMATS)
    read = [path for path in (options.playbook, options.env_file) if path]
    outputs = Outputs(output_format(options.format, formats), report_files(options.reports, formats, read))
    headless = options.headless or not terminal.is_console
    if headless and not options.headless:
        narrate(terminal.err, "warroom: this is no terminal, so the verification runs headless")
    clock = RealClock()
    if headless:
        session, code = asyncio.run(_headless(options, env, terminal, clock))
    else:
        from warroom.cli.composition import open_session

        session = open_session(options, env, clock, people=True)
        code = _console(session, terminal, extras or Extras())
    if code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
        # What was found is still written down; an impatient second Ctrl+C does not take it away.
        for number in _STOPPING:
            signal.signal(number, signal.SIG_IGN)
    state = session.finish()
    if state.finished:
        code = first_exit_code((code, ExitCode(state.finished.exit_code)))
    try:
        problems = outputs.write(state, terminal, env)
    except OutputLost:
        # A run that was stopped because its terminal went away has told its log; its code passes for no verdict.
        if code not in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
            raise
        return int(code)
    return int(end(code, problems, terminal))


async def _headless(
    options: VerifyOptions, env: Mapping[str, str], terminal: Terminal, clock: Clock
) -> tuple[Session, ExitCode]:
    sampler = SamplerChild()
    try:
        # It starts while the rest is imported and the playbook read. Where it cannot, its check says so.
        with suppress(CannotMeasure):
            await sampler.start()
        from warroom.cli.composition import open_session

        session = open_session(options, env, clock, people=False, sampler=sampler)
        return session, await _narrated(session, options, terminal, clock)
    finally:
        await sampler.end()


async def _narrated(session: Session, options: VerifyOptions, terminal: Terminal, clock: Clock) -> ExitCode:
    # With --format text the lines are the data; with any other format they are narration.
    told = terminal.out if options.format == "text" else terminal.err
    plain = Plain(
        clock,
        partial(narrate, told),
        lambda text: narrate(terminal.err, f"warroom: {text}"),
        color=terminal.color,
        ascii_only=terminal.ascii_only,
    )
    heartbeat = asyncio.create_task(plain.heartbeat())
    reader = asyncio.create_task(_read(session, plain))
    try:
        return await _until_signalled(session)
    finally:
        session.log.close()
        await reader
        heartbeat.cancel()


async def _read(session: Session, plain: Plain) -> None:
    async for envelope in session.log.events():
        plain.on_event(envelope)


async def _until_signalled(session: Session) -> ExitCode:
    """Runs the suite; the first signal that asks for it stops it, with what is not finished `inconclusive`."""
    run = asyncio.ensure_future(session.run.run())
    caught: list[ExitCode] = []

    def stop(code: ExitCode) -> None:
        if not caught:
            caught.append(code)
            session.run.stopped_by(code)
            run.cancel()

    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):
        for number, code in _STOPPING.items():
            loop.add_signal_handler(number, stop, code)
    try:
        return (await run).exit_code
    except asyncio.CancelledError:
        if not caught:
            raise
        return caught[0]
    finally:
        await session.aclose()


def _console(session: Session, terminal: Terminal, extras: Extras) -> ExitCode:
    # Imported here: a pipeline never pays for the console.
    from warroom.cli.background import Background
    from warroom.cli.hangup import end_with_terminal
    from warroom.screens.app import run_console

    background = Background(session)
    handlers = Handlers(rerun=background.rerun, answer=background.answer, stop=background.stop)
    if extras.choose:
        handlers = replace(handlers, choose=partial(_choose, extras.choose, background))
    client = InProcess(session.log, handlers, extras.choices)

    def keep_what_was_found() -> None:
        background.close()
        session.finish()

    background.start()
    if hasattr(signal, "SIGHUP"):
        end_with_terminal(sys.stdin.fileno(), _LATEST_S, keep_what_was_found)
    try:
        code = ExitCode(run_console(client, session.clock, color=terminal.color, ascii_only=terminal.ascii_only))
        if code is ExitCode.TERMINATED:
            session.run.stopped_by(code)
    finally:
        background.close()
    return code


async def _choose(choose: Callable[[str], Awaitable[None]], background: Background, choice: str) -> None:
    """What was found before the choice is of other services: every check runs again. A choice that is refused leaves
    the run as it is."""
    await choose(choice)
    await background.begin_anew()
