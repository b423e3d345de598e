"""Where launches lie, and the commands for one of them: what a console needs before it has asked its engine. Nothing
here reads a journal.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

from warroom.cli.program import as_called, program
from warroom.errors import UsageError
from warroom.journal.folder import require_safe
from warroom.text import clean

LAUNCH_NAME: Final = re.compile(r"(?P<id>.+)-\d{8}T\d{6}Z(-\d+)?")
"""The id of a playbook, and when its launch was opened."""


def id_in(name: str) -> str:
    """The id of a playbook in the name of its launch: `auto_com_center` of `auto_com_center-20251101T020000Z`."""
    named = LAUNCH_NAME.fullmatch(name)
    return named["id"] if named else name


def state_folder(given: Path | None) -> Path:
    """The folder of all launches: `given`, or the user's own state folder."""
    if given is not None:
        return given.absolute()
    import platformdirs

    return platformdirs.user_state_path("warroom")


def safe_state_folder(given: Path | None) -> Path:
    """The same. Raises UsageError where somebody else could have put there what is found in it: then an engine that
    answers need not be one of ours."""
    folder = state_folder(given)
    require_safe(folder)
    return folder


def entries_of(folder: Path) -> list[Path]:
    """What is in the folder of all launches, by name; empty where that is not there. Raises UsageError where it
    cannot be read: that is not the same as having none."""
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError(
            f"the state folder {clean(str(folder))} cannot be read: {error.strerror}",
            hint="name another with --state DIR",
        ) from error


def command_for(folder: Path, name: str, *more: str) -> str:
    """The whole command `name` for the launch in `folder`, to be pasted into a shell."""
    return clean(" ".join((program(), name, folder.name, *_elsewhere(folder), *more)))


def as_typed_here(text: str, folder: Path) -> str:
    """`text` with the commands in it for the launch in `folder` as a person can type them: with its name where
    LAUNCH stands for it, and the state folder unless it is the usual one."""
    named = " ".join((folder.name, *_elsewhere(folder)))
    its_own = rf"(?<=warroom )([a-z0-9]+) (?:{re.escape(folder.name)}|LAUNCH)(?![\w-])(?! --state)"
    return as_called(re.sub(its_own, lambda it: f"{it[1]} {named}", text))


def _elsewhere(folder: Path) -> tuple[str, ...]:
    """The option that names the state folder of a launch; none for the usual one."""
    return () if folder.parent == state_folder(None) else ("--state", shlex.quote(str(folder.parent)))


def how_to_go_on(folder: Path) -> str:
    """What takes the launch in `folder` up again: the command, and what has to be given with it."""
    return f"{command_for(folder, 'run')} (with the same --env-file and inputs as before)"
