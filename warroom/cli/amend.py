"""`warroom amend`: shows what another playbook changes, asks, and has the engine go on with it; or puts
back the copy of the playbook that the launch has lost."""

from __future__ import annotations

import contextlib
import difflib
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from warroom.checks import all_kinds
from warroom.cli.asking import ask, asked
from warroom.cli.confirming import confirmed
from warroom.cli.folders import safe_state_folder
from warroom.cli.journaled import with_course
from warroom.cli.launches import Known, altered_copy, launch_named, require_copy, whole
from warroom.cli.plain import write
from warroom.clock import RealClock
from warroom.errors import ExitCode, PlaybookError, UsageError
from warroom.launch.amending import slot_change
from warroom.playbook.assemble import Assembled, read_document
from warroom.playbook.freeze import amended_name, freeze
from warroom.playbook.load import load_course
from warroom.text import clean


def amend(launch: str, playbook: Path, state: Path | None, *, yes: bool) -> int:
    """Runs the command. Raises PlaybookError with everything that is wrong with `playbook`; nothing changed then."""
    known = launch_named(safe_state_folder(state), launch)
    if not known.is_open or known.opened is None:
        raise UsageError(f"the launch {known.name} is not open")
    document = read_document(playbook)
    if document.sha256 == known.state.playbook_sha256:
        return _put_back(known, playbook, document, yes=yes)
    require_copy(known)
    course = load_course(playbook, all_kinds(), known.opened.body.get("environment") or None)
    asked(known, "GET", "/healthz")
    change = slot_change(with_course(whole(known)), course, RealClock().now())
    _show_differences(known, playbook, document.files)
    for word, slots in (("no longer owed", change.vanished), ("newly owed", change.added)):
        if slots:
            write(sys.stdout, f"{word}: {', '.join(slots)}")
    if not confirmed(f"Go on with {playbook}?", yes=yes):
        return int(ExitCode.UNKNOWN)
    return _hand_over(known, playbook, document.sha256, state)


def _put_back(known: Known, playbook: Path, document: Assembled, *, yes: bool) -> int:
    """Writes the launch's copy of its playbook anew from a file that has the hash in the journal."""
    problem = altered_copy(known)
    if not problem:
        write(sys.stdout, "nothing differs")
        return int(ExitCode.GREEN)
    write(sys.stdout, problem)
    with contextlib.suppress(PlaybookError):
        _show_differences(known, playbook, document.files)
    if not confirmed(f"Put it back from {playbook}?", yes=yes):
        return int(ExitCode.UNKNOWN)
    freeze(playbook, document.sha256, known.copy)
    write(sys.stdout, "the copy is again the one in the journal")
    return int(ExitCode.GREEN)


def _hand_over(known: Known, playbook: Path, sha256: str, state: Path | None) -> int:
    folder = amended_name(sha256)
    is_new = not (known.folder / folder).exists()
    try:
        freeze(playbook, sha256, known.folder / folder / playbook.name)
        body = {"request": "amend", "copy": f"{folder}/{playbook.name}", "path": str(playbook.absolute())}
        return ask(known.name, state, body)
    except UsageError:
        if is_new:
            shutil.rmtree(known.folder / folder, ignore_errors=True)
        raise


def _show_differences(known: Known, playbook: Path, files: Mapping[str, bytes]) -> None:
    # The file itself is compared also where it has another name now.
    own, copied = known.copy.name, read_document(known.copy).files
    before = {playbook.name if name == own else name: data for name, data in copied.items()}
    for line in _differences(before, files):
        write(sys.stdout, clean(line))


def _differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[str]:
    """Unified differences of all files, by name."""
    for name in sorted({*before, *after}):
        old, new = (files.get(name, b"").decode("utf-8", "backslashreplace") for files in (before, after))
        yield from difflib.unified_diff(old.splitlines(), new.splitlines(), f"launch/{name}", name, lineterm="")
