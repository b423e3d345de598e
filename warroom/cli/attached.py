"""The console of a launch whose engine runs in the background: opened with it, or attached later.

What reads a journal or a playbook is imported where it is needed: a console that only asks its engine paints sooner.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from warroom.cli.detached import start
from warroom.cli.engines import engine_named, engine_of_playbook
from warroom.cli.folders import as_typed_here, command_for, safe_state_folder
from warroom.cli.hangup import end_with_terminal
from warroom.cli.herald import Told
from warroom.cli.output import Terminal
from warroom.cli.plain import write
from warroom.client.http import EngineClient
from warroom.client.values import LaunchNow
from warroom.clock import RealClock
from warroom.errors import ExitCode, UsageError
from warroom.text import clean

if TYPE_CHECKING:
    from warroom.cli.opened import LaunchOptions


def run(options: LaunchOptions, arguments: Sequence[str]) -> int:
    """Opens the launch with its engine in the background, or finds the engine that runs it, and shows its console.

    `arguments` are those of the command line after `run`. Returns the exit code of the launch where it is closed, 0
    where its engine goes on, 3 where it has none any more; and the console's own where that failed or was ended.
    """
    terminal = Terminal.of_process(os.environ)
    if not terminal.is_console:
        from warroom.cli.run import run as run_here

        _say(terminal, "this is no terminal, so the engine runs here, without a console")
        return run_here(replace(options, headless=True))
    told = None if options.new or options.take_over else _running(options)
    if told is None:
        started = start(arguments, lambda pid: _say(terminal, f"the engine is starting (process {pid})"))
        if isinstance(started, int):
            return started
        told = started
    for note in told.notes:
        _say(terminal, note)
    if told.taken:
        who = f"process {told.pid}" if told.pid else "another process"
        _say(terminal, f"{who} runs the launch {told.folder.name} already: this console is attached to it")
        if note := _other_playbook(options, told.folder):
            _say(terminal, note)
    return _shown(told.folder, terminal, read_only=False, launch_counts=True)


def _other_playbook(options: LaunchOptions, folder: Path) -> str:
    from warroom.cli.launches import launch_named, other_playbook

    return other_playbook(options.playbook, launch_named(folder.parent, folder.name))


def _running(options: LaunchOptions) -> Told | None:
    found = engine_of_playbook(options.state, options.playbook)
    return Told(found.folder, found.pid, taken=True) if found else None


def console(launch: str, state: Path | None, *, read_only: bool) -> int:
    """Shows the console of a running launch; 0 when the person has left it. Raises UsageError where none runs."""
    terminal = Terminal.of_process(os.environ)
    found = engine_named(safe_state_folder(state), launch)
    if not terminal.is_console:
        raise UsageError("a console needs a terminal", hint=f"for a look: {command_for(found.folder, 'status')}")
    return _shown(found.folder, terminal, read_only=read_only, launch_counts=False)


def _shown(folder: Path, terminal: Terminal, *, read_only: bool, launch_counts: bool) -> int:
    # Imported here: whoever runs an engine alone never pays for the console.
    from warroom.screens.launch_app import run_launch_console

    end_with_terminal(sys.stdin.fileno())
    clock = RealClock()
    client = EngineClient(
        folder,
        clock,
        read_only=read_only,
        run=command_for(folder, "run"),
        ended=partial(_ended_in, folder),
        typed=partial(as_typed_here, folder=folder),
    )
    try:
        code = run_launch_console(client, clock, color=terminal.color, ascii_only=terminal.ascii_only)
    finally:
        from warroom.cli.leaving import left_behind

        left = left_behind(folder, terminal)
    return int(left if launch_counts and code == ExitCode.GREEN else code)


def _ended_in(folder: Path) -> LaunchNow | str:
    from warroom.cli.journaled import ended_in

    return ended_in(folder)


def _say(terminal: Terminal, text: str) -> None:
    write(terminal.err, clean(f"warroom: {text}"))
