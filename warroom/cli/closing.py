"""`warroom close`: ends a launch, also one that no engine can take up any more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from warroom.adapters.asking import user_name
from warroom.cli.asking import ask
from warroom.cli.folders import safe_state_folder
from warroom.cli.launches import Known, altered_copy, launch_named, whole
from warroom.cli.plain import write
from warroom.client.engine_socket import NotRunning
from warroom.clock import RealClock, stamp
from warroom.errors import ExitCode, UsageError
from warroom.journal.journal import Journal
from warroom.launch.asking import require_reason
from warroom.launch.dead_man import scheduled_still
from warroom.launch.entries import Draft
from warroom.launch.liveness import Alarm
from warroom.text import clean

_NOBODY: Final = "the launch was closed without an engine, which alone can delete it"


def close(launch: str, reason: str, state: Path | None) -> int:
    """Asks the launch's engine to close it. One that no engine can run, as its copy of the playbook is gone or
    altered, is closed without one. Raises UsageError, LaunchOwned among others, and what the journal raises."""
    known = launch_named(safe_state_folder(state), launch)
    try:
        return ask(known.name, state, {"request": "close", "reason": reason})
    except NotRunning:
        if not (known.is_open and altered_copy(known)):
            raise
    require_reason(reason, "to close the launch")
    left = _close_here(known, reason)
    write(sys.stdout, clean(f"closed without an engine: {altered_copy(known)}; what was still owed stays unsent"))
    for alarm in left:
        word = "STOPPED" if alarm.by else "SILENT"
        write(
            sys.stdout,
            f"Slack may still post ENGINE {word} at {stamp(alarm.fires_at)}: only an engine could have deleted it. "
            "Tell the channel that the launch is closed.",
        )
    return int(ExitCode.GREEN)


def _close_here(known: Known, reason: str) -> tuple[Alarm, ...]:
    """What Slack will still say of it by itself."""
    by, clock = user_name(), RealClock()
    with Journal.open(known.folder, known.name, clock) as journal:
        # From here on nobody else writes; until then somebody may have closed it.
        if not launch_named(known.folder.parent, known.name).is_open:
            raise UsageError(f"the launch {known.name} is closed")
        left = scheduled_still(whole(known).state, clock.now())
        closed = Draft("launch.closed", {"reason": clean(reason), "by": by}, by)
        journal.append_many([closed, *map(_left_behind, left)])
    return left


def _left_behind(alarm: Alarm) -> Draft:
    body = {"number": alarm.number, "reason": _NOBODY, "comes_at": stamp(alarm.fires_at)}
    return Draft("deadman.stays", body)
