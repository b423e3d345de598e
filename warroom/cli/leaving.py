"""What is said as a console is left: what goes on without it, or how the launch ended."""

from __future__ import annotations

from pathlib import Path

from warroom.cli.engines import Running, running_in
from warroom.cli.folders import command_for
from warroom.cli.journaled import with_course
from warroom.cli.launches import launch_named, what_now, whole
from warroom.cli.output import Terminal
from warroom.cli.plain import write
from warroom.errors import ExitCode
from warroom.launch.ending import ending
from warroom.text import clean


def left_behind(folder: Path, terminal: Terminal) -> ExitCode:
    """Says what goes on without the console, and returns what that means for `run`."""
    found = running_in(folder)
    if found:
        for line in _goes_on(found):
            write(terminal.out, clean(line))
        return ExitCode.GREEN
    known = whole(launch_named(folder.parent, folder.name))
    if known.state.closed and (ended := ending(with_course(known))):
        write(terminal.out, clean(f"the launch {known.name} is closed: {known.state.closed.reason}"))
        for reason in ended.reasons:
            write(terminal.out, clean(f"  {reason}"))
        return ended.code
    write(terminal.out, f"NO ENGINE runs the launch {known.name}: nothing is posted")
    write(terminal.out, clean(f"  {what_now(known)}"))
    return ExitCode.UNKNOWN


def _goes_on(running: Running) -> list[str]:
    offers = {
        command_for(running.folder, "console"): "attaches again",
        command_for(running.folder, "status"): "says where it stands",
        command_for(running.folder, "stop"): "ends the engine; `warroom run` goes on",
        command_for(running.folder, "close", "--reason TEXT"): "ends the launch",
    }
    width = max(map(len, offers))
    who = f"process {running.pid} runs it" if running.pid else "its engine runs"
    return [
        f"the launch {running.name} goes on without the console: {who}",
        *(f"  {command:<{width}}  {does}" for command, does in offers.items()),
    ]
