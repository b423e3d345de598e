"""`warroom amend`: shows what another playbook changes, asks, and has the engine go on with it."""

from __future__ import annotations

import difflib
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from warroom.checks import all_kinds
from warroom.cli.asking import ask, asked
from warroom.cli.confirming import confirmed
from warroom.cli.journaled import with_course
from warroom.cli.launches import Known, launch_named, state_folder, whole
from warroom.cli.plain import write
from warroom.clock import RealClock
from warroom.errors import ExitCode, UsageError
from warroom.launch.amending import slot_change
from warroom.playbook.assemble import read_document
from warroom.playbook.freeze import amended_name, freeze
from warroom.playbook.load import load_course
from warroom.text import clean


def amend(launch: str, playbook: Path, state: Path | None, *, yes: bool) -> int:
    """Runs the command. Raises PlaybookError with everything that is wrong with `playbook`; nothing changed then."""
    known = launch_named(state_folder(state), launch)
    if not known.is_open or known.opened is None:
        raise UsageError(f"the launch {known.name} is not open")
    document = read_document(playbook)
    if document.sha256 == known.state.playbook_sha256:
        write(sys.stdout, "nothing differs")
        return int(ExitCode.GREEN)
    course = load_course(playbook, all_kinds(), known.opened.body.get("environment") or None)
    asked(known, "GET", "/healthz")
    change = slot_change(with_course(whole(known)), course, RealClock().now())
    # The file itself is compared also where it has another name now.
    before = {playbook.name if name == known.copy.name else name: data for name, data in _files(known.copy).items()}
    for line in _differences(before, document.files):
        write(sys.stdout, clean(line))
    for word, slots in (("no longer owed", change.vanished), ("newly owed", change.added)):
        if slots:
            write(sys.stdout, f"{word}: {', '.join(slots)}")
    if not confirmed(f"Go on with {playbook}?", yes=yes):
        return int(ExitCode.UNKNOWN)
    return _hand_over(known, playbook, document.sha256, state)


def _hand_over(known: Known, playbook: Path, sha256: str, state: Path | None) -> int:
    folder = amended_name(sha256)
    is_new = not (known.folder / folder).exists()
    try:
        copy = freeze(playbook, known.folder, folder)
        if read_document(copy).sha256 != sha256:
            raise UsageError("the playbook was changed meanwhile", hint="amend again")
        body = {"request": "amend", "copy": f"{folder}/{copy.name}", "path": str(playbook.absolute())}
        return ask(known.name, state, body)
    except UsageError:
        if is_new:
            shutil.rmtree(known.folder / folder, ignore_errors=True)
        raise


def _files(playbook: Path) -> Mapping[str, bytes]:
    return read_document(playbook).files


def _differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[str]:
    """Unified differences of all files, by name."""
    for name in sorted({*before, *after}):
        old, new = (files.get(name, b"").decode("utf-8", "backslashreplace") for files in (before, after))
        yield from difflib.unified_diff(old.splitlines(), new.splitlines(), f"launch/{name}", name, lineterm="")
