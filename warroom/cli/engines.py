"""The engines that run on this machine, found without reading a journal from end to end."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from warroom.cli.folders import command_for, entries_of, id_in
from warroom.client.engine_socket import NotRunning, engine_pid
from warroom.errors import UsageError, WarroomError
from warroom.journal.folder import holds_journal

# What opens a launch is among its first entries.
_FIRST: Final = 10


@dataclass(frozen=True, slots=True)
class Running:
    """A launch whose engine, process `pid`, listens; it may hang. `pid` is 0 where the system does not tell."""

    folder: Path
    pid: int

    @property
    def name(self) -> str:
        """The name of the launch."""
        return self.folder.name

    @property
    def id(self) -> str:
        """The id of its playbook."""
        return id_in(self.name)

    @property
    def playbook(self) -> str:
        """The path of its playbook, empty where the journal does not tell."""
        # Imported here, as below: whoever names the launch pays for no database.
        from warroom.journal.reading import read_only

        with contextlib.suppress(WarroomError):
            for entry in islice(read_only(self.folder).entries(), _FIRST):
                if entry.kind == "launch.opened":
                    return str(entry.body.get("path", ""))
        return ""


def running_engines(state: Path) -> tuple[Running, ...]:
    """Every launch below `state` whose engine listens, by name. Raises UsageError where that cannot be read."""
    return tuple(found for folder in entries_of(state) if (found := _listening_in(folder)))


def _listening_in(folder: Path) -> Running | None:
    # One that nobody may look into hides no other.
    with contextlib.suppress(OSError):
        return running_in(folder) if holds_journal(folder) and not folder.is_symlink() else None
    return None


def running_in(folder: Path) -> Running | None:
    """The launch in `folder`; None where no engine listens."""
    with contextlib.suppress(NotRunning):
        return Running(folder, engine_pid(folder))
    return None


def engine_of_playbook(state: Path, playbook: Path) -> Running | None:
    """The only running launch of the playbook at that path, or else of that name or with that id; None where there is
    none, or several."""
    running = running_engines(state)
    if playbook.is_file():
        path = str(playbook.absolute())
        found = [one for one in running if one.playbook == path]
    else:
        name = str(playbook)
        found = [one for one in running if one.name == name] or [one for one in running if one.id == name]
    return found[0] if len(found) == 1 else None


def engine_named(state: Path, name: str) -> Running:
    """The running launch of that name, or of the playbook with that id; for an empty name the only one.

    Raises UsageError where there is none, or more than one, with what there is.
    """
    running = running_engines(state)
    found = [one for one in running if name in ("", one.name)] or [one for one in running if one.id == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{len(found)} launches have an engine", hint=f"name one of them: {_names(found)}")
    if not name:
        raise UsageError("no launch has an engine", hint="start one with: warroom run PLAYBOOK")
    from warroom.cli.launches import launch_named, what_now

    known = launch_named(state, name)
    if known.state.closed:
        raise UsageError(
            f"the launch {known.name} is closed", hint=f"see it with: {command_for(known.folder, 'status')}"
        )
    raise NotRunning(f"no engine runs the launch {known.name}", hint=what_now(known))


def _names(running: Sequence[Running]) -> str:
    return ", ".join(one.name for one in running[:8])
