"""`warroom verify`: runs a suite once, shows it (console or plain lines), writes reports, ends with the verdict."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from warroom.cli.composition import Session, open_session
from warroom.cli.options import VerifyOptions, output_format, report_files
from warroom.cli.plain import Plain, write
from warroom.client import Choice, Handlers, InProcess
from warroom.clock import Clock, RealClock
from warroom.errors import ExitCode
from warroom.report import FORMATS
from warroom.report.text import summary
from warroom.suite_state import SuiteState, fold


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command reads and writes. `ascii_only`: the output's encoding has no room for our symbols."""

    out: TextIO
    err: TextIO
    is_console: bool
    color: bool
    ascii_only: bool

    @classmethod
    def of_process(cls, environ: Mapping[str, str]) -> Terminal:
        """The terminal of this process; NO_COLOR and FORCE_COLOR are obeyed (no-color.org, force-color.org)."""
        tty = sys.stdin.isatty() and sys.stdout.isatty() and environ.get("TERM", "dumb") != "dumb"
        color = bool(environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and environ.get("TERM", "dumb") != "dumb")
        encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, ValueError):
                # Whatever the terminal cannot write becomes an escape instead of ending the command.
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        return cls(sys.stdout, sys.stderr, tty, color and not environ.get("NO_COLOR"), not encoding.startswith("utf"))


@dataclass(frozen=True, slots=True)
class Extras:
    """What the demo adds to the console: choices a person has, and what carries them out."""

    choices: Sequence[Choice] = ()
    choose: Callable[[str], Awaitable[None]] | None = None


def verify(options: VerifyOptions, environ: Mapping[str, str] | None = None, extras: Extras | None = None) -> int:
    """Runs the command and returns its exit code. Raises WarroomError before anything was sent, never after."""
    env = os.environ if environ is None else environ
    terminal = Terminal.of_process(env)
    output_format(options.format, tuple(FORMATS))
    files = report_files(options.reports, tuple(FORMATS))
    headless = options.headless or not terminal.is_console
    if headless and not options.headless:
        write(terminal.err, "warroom: this is no terminal, so the verification runs headless")
    clock = RealClock()
    session = open_session(options, env, clock, people=not headless)
    if headless:
        code = asyncio.run(_headless(session, options, terminal, clock))
    else:
        code = _console(session, terminal, extras or Extras())
    state = fold(session.log.history)
    return int(_close(session, state, options, files, terminal, code))


async def _headless(session: Session, options: VerifyOptions, terminal: Terminal, clock: Clock) -> ExitCode:
    # With --format text the lines are the data; with any other format they are narration.
    data = terminal.out if options.format == "text" else terminal.err
    plain = Plain(
        clock,
        lambda text: write(data, text),
        lambda text: write(terminal.err, f"warroom: {text}"),
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
    """Runs the suite; the first SIGINT or SIGTERM stops it, with what is not finished `inconclusive`."""
    run = asyncio.ensure_future(session.run.run())
    caught: list[ExitCode] = []

    def stop(code: ExitCode) -> None:
        caught.append(code)
        run.cancel()

    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):
        loop.add_signal_handler(signal.SIGINT, stop, ExitCode.INTERRUPTED)
        loop.add_signal_handler(signal.SIGTERM, stop, ExitCode.TERMINATED)
    try:
        return (await run).exit_code
    except asyncio.CancelledError:
        return caught[0] if caught else ExitCode.INTERRUPTED
    finally:
        await session.aclose()


def _console(session: Session, terminal: Terminal, extras: Extras) -> ExitCode:
    # Imported here: a pipeline never pays for the console.
    from warroom.cli.background import Background
    from warroom.screens.app import run_console

    background = Background(session)
    handlers = Handlers(rerun=background.rerun, answer=background.answer, stop=background.stop)
    if extras.choose:
        handlers = replace(handlers, choose=extras.choose)
    client = InProcess(session.log, handlers, extras.choices)
    background.start()
    try:
        code = run_console(client, session.clock, color=terminal.color, ascii_only=terminal.ascii_only)
    finally:
        background.close()
    return ExitCode(code)


def _close(
    session: Session,
    state: SuiteState,
    options: VerifyOptions,
    files: Mapping[str, Path],
    terminal: Terminal,
    code: ExitCode,
) -> ExitCode:
    """Writes the evidence log and the reports, prints the verdict; a report that cannot be written is said."""
    problems = session.write_log(state)
    if options.format == "text":
        write(terminal.out, summary(state, color=terminal.color, ascii_only=terminal.ascii_only))
    else:
        write(terminal.out, FORMATS[options.format](state).rstrip("\n"))
    for name, path in files.items():
        try:
            path.write_text(FORMATS[name](state), encoding="utf-8")
        except OSError as error:
            problems.append(f"the {name} report could not be written to {path}: {error.strerror}")
    for problem in problems:
        write(terminal.err, f"warroom: {problem}")
    if problems and code in (ExitCode.GREEN, ExitCode.NOT_STRICT):
        return ExitCode.UNKNOWN
    return code
