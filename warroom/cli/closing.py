"""`warroom close`: ends a launch, also one that no engine can take up any more."""

from __future__ import annotations

import sys
from pathlib import Path

from warroom.adapters.asking import user_name
from warroom.cli.asking import ask
from warroom.cli.launches import Known, altered_copy, launch_named, safe_state_folder
from warroom.cli.plain import write
from warroom.client.engine_socket import NotRunning
from warroom.clock import RealClock
from warroom.errors import ExitCode, UsageError
from warroom.journal.journal import Journal
from warroom.launch.asking import require_reason
from warroom.text import clean


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
    _close_here(known, reason)
    write(sys.stdout, clean(f"closed without an engine: {altered_copy(known)}; what was still owed stays unsent"))
    return int(ExitCode.GREEN)


def _close_here(known: Known, reason: str) -> None:
    by = user_name()
    with Journal.open(known.folder, known.name, RealClock()) as journal:
        # From here on nobody else writes; until then somebody may have closed it.
        if not launch_named(known.folder.parent, known.name).is_open:
            raise UsageError(f"the launch {known.name} is closed")
        journal.append("launch.closed", {"reason": clean(reason), "by": by}, by)
