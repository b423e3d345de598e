"""The launches on this machine: a folder each below the state folder, found by name or by playbook."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from warroom.cli.folders import LAUNCH_NAME, command_for, entries_of, how_to_go_on, id_in
from warroom.clock import file_stamp
from warroom.errors import UsageError, WarroomError
from warroom.journal.failure import JournalDamaged
from warroom.journal.folder import holds_journal
from warroom.journal.reading import NoEntryYet, read_only
from warroom.journal.witness import acknowledged
from warroom.launch.entries import Entry
from warroom.launch.folding import step
from warroom.launch.state import LaunchState, begin
from warroom.playbook.course import Course
from warroom.playbook.freeze import copy_problem, has_changed
from warroom.report.launch_lines import LogLine, log_line
from warroom.text import clean, did_you_mean

_OPENING: Final = ".opening.lock"
_LOG: Final = 50
_IDENTITY: Final = ("launch.opened", "playbook.amended", "t0.set", "t0.scrubbed", "launch.closed")


@dataclass(frozen=True, slots=True)
class Known:
    """A launch as its journal tells it. `opened` is the entry that opened it; None where none did or `problem` says
    why the journal cannot be read, and `hint` what to do. `state` knows nothing of the playbook, and of the rest only
    the playbook's place, T0 and the end, unless the `whole` journal was read; then `log` are its last 50 lines, the
    oldest first.
    """

    name: str
    folder: Path
    state: LaunchState
    opened: Entry | None = None
    problem: str = ""
    hint: str = ""
    log: tuple[LogLine, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it was opened and is not closed."""
        return self.opened is not None and self.state.closed is None

    @property
    def id(self) -> str:
        """The id of its playbook, where the journal does not tell the one in its name; empty where none opened it."""
        if self.opened:
            return str(self.opened.body.get("id", ""))
        return id_in(self.name) if self.problem else ""

    @property
    def copy(self) -> Path:
        """The launch's own copy of its playbook."""
        return self.folder / self.state.playbook_copy

    @property
    def title(self) -> str:
        """The title of its playbook; empty where it is not known."""
        return str(self.opened.body.get("title", "")) if self.opened else ""


def what_now(launch: Known) -> str:
    """What to do about a launch that no engine runs: how it goes on, or why it cannot."""
    if launch.state.closed:
        return f"the launch is closed; see it with: {command_for(launch.folder, 'status')}"
    if launch.problem:
        return f"no engine can run it: {launch.problem}; {launch.hint}"
    if launch.opened is None:
        return f"it was never opened; delete it with: {command_for(launch.folder, 'purge')}"
    if problem := other_name(launch):
        return f"no engine can run it: {problem}; {how_to_name_it(launch)}"
    if problem := altered_copy(launch):
        return f"no engine can run it: {problem}; {how_to_put_back(launch)}"
    return f"start it with: {how_to_go_on(launch.folder)}"


def other_playbook(given: Path, launch: Known) -> str:
    """A sentence where what `launch` runs is not the playbook that a person names; empty where it is.

    `given` is what `warroom run` was called with: a playbook, or else the launch, whose playbook is then looked at
    where it came from.
    """
    came_from = Path(launch.state.playbook_path)
    named = given.absolute() if given.is_file() else came_from
    if not has_changed(named, launch.state.playbook_sha256):
        return ""
    if named == came_from:
        return "the playbook has changed since the launch took it; it goes on with its own copy until `warroom amend`"
    return clean(f"the launch goes on with its own copy of {came_from}, not with {named}, until `warroom amend`")


def altered_copy(launch: Known) -> str:
    """A sentence where the launch's own copy of its playbook is gone or is not the one in the journal, else empty."""
    problem = copy_problem(launch.copy, launch.state.playbook_sha256) if launch.opened else ""
    return clean(f"the launch's own copy of its playbook, {launch.copy}, {problem}") if problem else ""


def require_copy(launch: Known) -> None:
    """Raises UsageError, which says how it is put back, where `altered_copy` finds something."""
    if problem := altered_copy(launch):
        raise UsageError(problem, hint=how_to_put_back(launch))


def other_name(launch: Known) -> str:
    """A sentence where the launch's folder has not the name under which it was opened; empty where it has."""
    if launch.state.launch in ("", launch.folder.name):
        return ""
    return f"the folder {clean(launch.folder.name)} holds the launch {clean(launch.state.launch)}"


def how_to_name_it(launch: Known) -> str:
    """What to do about a folder that was renamed, or copied."""
    own = launch.folder.with_name(launch.state.launch)
    if own.exists():
        return f"that launch is there beside it, which goes on with: {how_to_go_on(own)}"
    return f"give it its name back: mv {shlex.quote(str(launch.folder))} {shlex.quote(str(own))}"


def how_to_put_back(launch: Known) -> str:
    """What to do where the launch's own copy of its playbook is gone or altered."""
    amend = command_for(launch.folder, "amend", shlex.quote(launch.state.playbook_path or "PLAYBOOK"))
    close = command_for(launch.folder, "close", "--reason TEXT")
    return f"put it back from the file that it was made of: {amend}; if that is gone or has changed too: {close}"


def known_launches(folder: Path) -> tuple[Known, ...]:
    """Every launch below `folder`, by name; empty where there is none. Raises UsageError where it cannot be read."""
    return tuple(known for entry in entries_of(folder) if (known := _found(entry)))


def _found(folder: Path) -> Known | None:
    """The launch in `folder`; None where there is none. One that nobody may look into has a problem."""
    try:
        return _read(folder) if holds_journal(folder) else None
    except OSError as error:
        if not LAUNCH_NAME.fullmatch(folder.name):
            return None
        said = f"{clean(str(folder))} cannot be looked into: {error.strerror}"
        return Known(
            folder.name, folder, begin(Course()), problem=said, hint="run it as the user who owns the folder"
        )


def launch_named(folder: Path, name: str) -> Known:
    """The launch of that name, or the only open one (then the only one) whose playbook has that id.

    Raises UsageError where there is none, or more than one.
    """
    if _is_name(name) and (found := _found(folder / name)):
        return found
    known = known_launches(folder)
    same = [one for one in known if name and one.id == name]
    likely = [one for one in same if one.is_open] or same
    if len(likely) == 1:
        return likely[0]
    if likely:
        raise UsageError(f"there are {len(likely)} launches of {clean(name, limit=80)}", hint=_names(likely))
    hint = did_you_mean(name, [one.name for one in known]) or _names(known) or "there is none yet"
    raise UsageError(f"there is no launch '{clean(name, limit=80)}' in {clean(str(folder))}", hint=hint)


def is_launch(folder: Path, name: str) -> bool:
    """Whether a launch below `folder`, open or not, has that name, or its playbook that id."""
    if not _is_name(name):
        return False
    return _found(folder / name) is not None or any(one.id == name for one in known_launches(folder))


def require_playbook(folder: Path, given: Path) -> None:
    """Raises UsageError where `given` can only be the name of a launch, and there is none below `folder`."""
    name = str(given)
    if given.exists() or given.suffix in (".yaml", ".yml") or not _is_name(name):
        return
    there = _names(known_launches(folder)) or "none"
    raise UsageError(
        f"{clean(name, limit=80)} is no playbook, and no launch of that name is in {clean(str(folder))}",
        hint=f"the folder of launches is named with --state DIR; there: {there}",
    )


def _is_name(name: str) -> bool:
    return name not in ("", ".", "..") and "/" not in name


def open_launch_of(folder: Path, playbook: Path, launch_id: str = "") -> Known | None:
    """The open launch of the playbook at that path, or of that id; None where there is none.

    Raises UsageError where there are several, and where one by the name of that id cannot be read.
    """
    path = str(playbook.absolute())
    known = known_launches(folder)
    found = [one for one in known if one.is_open and _is_of(one, path, launch_id)]
    if len(found) > 1:
        hint = f"name one of them instead of the playbook: {_names(found)}"
        raise UsageError(f"{len(found)} launches of this playbook are open", hint=hint)
    unread = [one for one in known if one.problem and not one.opened and one.id == launch_id]
    if unread and launch_id and not found:
        raise UsageError(
            f"nobody knows whether the launch {unread[0].name} is open: {unread[0].problem}",
            hint=f"{unread[0].hint}; --new opens another launch beside it",
        )
    return found[0] if found else None


def _is_of(launch: Known, path: str, launch_id: str) -> bool:
    assert launch.opened is not None
    body = launch.opened.body
    return body.get("id") == launch_id if launch_id else body.get("path") == path


def new_name(folder: Path, launch_id: str, now: datetime) -> str:
    """A name that no launch has yet: `auto_com_center-20251101T020000Z`."""
    stem = f"{launch_id}-{file_stamp(now)}"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
    return next(name for name in names if not os.path.lexists(folder / name))


@contextlib.contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Holds off everybody else who opens a launch below `folder`. Raises UsageError where that cannot be used."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / _OPENING, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(
            f"the state folder {clean(str(folder))} cannot be used: {error.strerror}",
            hint="name another with --state DIR",
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def whole(known: Known) -> Known:
    """The same launch, its journal read from end to end."""
    return _read(known.folder, in_full=True)


def _read(folder: Path, *, in_full: bool = False) -> Known:
    state, opened, noted = begin(Course()), None, acknowledged(folder)
    if folder.is_symlink():
        # What it leads to may be anybody's, or a launch that stands here under its own name.
        hint = "name the folder around what it leads to with --state DIR"
        return Known(folder.name, folder, state, problem=f"{clean(str(folder))} is a symbolic link", hint=hint)
    log: deque[LogLine] = deque(maxlen=_LOG)
    try:
        reader = read_only(folder)
        for entry in reader.entries() if in_full else reader.of_kinds(_IDENTITY):
            state = step(state, entry)
            opened = entry if entry.kind == "launch.opened" else opened
            if in_full and (line := log_line(entry)):
                log.append(line)
        reader.require_acknowledged(noted)
    except NoEntryYet:
        return Known(folder.name, folder, state)
    except WarroomError as error:
        damaged = isinstance(error, JournalDamaged)
        hint = f"see all of it with: {command_for(folder, 'audit')}" if damaged else error.hint
        return Known(folder.name, folder, state, opened, error.message, hint, tuple(log))
    return Known(folder.name, folder, state, opened, log=tuple(log))


def _names(launches: tuple[Known, ...] | list[Known]) -> str:
    return ", ".join(one.name for one in launches[:8])
