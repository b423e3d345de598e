"""`warroom stop`: the engine hands its launch back; the next one takes it up."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from warroom.cli.engines import engine_named, running_in
from warroom.cli.folders import how_to_go_on, safe_state_folder
from warroom.cli.plain import write
from warroom.client.engine_socket import ask as ask_engine
from warroom.clock import RealClock
from warroom.errors import ExitCode, NotNow, UsageError, WarroomError
from warroom.journal.owner import last_owner

_PATIENCE_S: Final = 12.0
_LOOK_S: Final = 0.1
_ANSWER_S: Final = 2.0


def stop(launch: str, state: Path | None) -> int:
    """Asks the engine of the launch to end and waits until it has. Raises UsageError where none runs or it is not
    ours, NotNow where it does not end."""
    found = engine_named(safe_state_folder(state), launch)
    owner = last_owner(found.folder)
    pid = found.pid or (owner.pid if owner else 0)
    with suppress(WarroomError):
        # The engine's last word names who stopped it; one that hangs says nothing, and is ended all the same.
        ask_engine(found.folder, "POST", "/requests", {"request": "stopping"}, patience_s=_ANSWER_S)
    try:
        if pid <= 0:
            raise ProcessLookupError
        os.kill(pid, signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        raise UsageError(f"the engine of {found.name} cannot be ended from here") from None
    if not asyncio.run(_has_ended(found.folder, pid)):
        hint = f"it may be stopped or hang; kill -9 {pid} ends it, and loses nothing that was acknowledged"
        raise NotNow(f"process {pid} has not ended within {_PATIENCE_S:g} s", hint=hint)
    write(
        sys.stdout,
        f"process {pid} has handed the launch {found.name} back; it goes on with: {how_to_go_on(found.folder)}",
    )
    return int(ExitCode.GREEN)


async def _has_ended(folder: Path, pid: int) -> bool:
    clock = RealClock()
    end = clock.monotonic() + _PATIENCE_S
    while clock.monotonic() < end:
        running, owner = running_in(folder), last_owner(folder)
        # It gives the lock free at its very end; the next engine may be there already.
        if (running is None or running.pid != pid) and (owner is None or owner.pid != pid):
            return True
        await clock.sleep(_LOOK_S)
    return running_in(folder) is None
