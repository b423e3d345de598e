"""The commands that ask something of a running launch: the same requests that a console makes."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from warroom.cli.folders import as_typed_here, command_for, safe_state_folder
from warroom.cli.launches import Known, launch_named, what_now
from warroom.cli.plain import write
from warroom.client.engine_socket import NotRunning
from warroom.client.engine_socket import ask as ask_engine
from warroom.errors import ExitCode, UsageError, WarroomError
from warroom.text import clean


def ask(launch: str, state: Path | None, body: Mapping[str, Any]) -> int:
    """Makes the request and says what was journaled. Raises UsageError where it is refused or no engine runs."""
    known = launch_named(safe_state_folder(state), launch)
    answer = asked(known, "POST", "/requests", body)
    for said in answer["said"] or ["nothing is new: it stood so already"]:
        write(sys.stdout, clean(said))
    if body["request"] in ("post", "post_again"):
        write(sys.stdout, f"`{command_for(known.folder, 'status')}` shows when it has left")
    return int(ExitCode.GREEN)


def asked(known: Known, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """What the launch's engine answers. Raises NotRunning, with what to do now, where none runs, and what
    the `ask` of its socket raises."""
    try:
        return ask_engine(known.folder, method, path, body)
    except NotRunning as nobody:
        nobody.hint = what_now(known)
        raise
    except WarroomError as refused:
        refused.hint = as_typed_here(refused.hint, known.folder)
        raise


def post_body(slot: str, *, again: bool, done: bool, skip: bool, link: str, reason: str) -> dict[str, str]:
    """The request that `warroom post LAUNCH UPDATE` makes with its options. Raises UsageError for another form."""
    if again + done + skip > 1:
        raise UsageError("--again, --done and --skip exclude each other")
    if link and not done:
        raise UsageError("--link is where what you told can be seen: it goes with --done")
    if reason and not (again or skip):
        raise UsageError("--reason goes with --again or --skip")
    if done:
        return {"request": "post_done", "slot": slot, "link": link}
    if again or skip:
        return {"request": "post_again" if again else "post_skip", "slot": slot, "reason": reason}
    return {"request": "post", "slot": slot}


def incident_body(do: str, words: Sequence[str], reason: str, severity: str) -> dict[str, str]:
    """The request that `warroom incident LAUNCH DO WORDS...` makes. Raises UsageError for another form."""
    if severity and do != "open":
        raise UsageError("--severity is for an incident that is opened")
    match do, len(words):
        case "open", 1:
            return {"request": "incident", "text": words[0], **({"severity": severity} if severity else {})}
        case "note", 2:
            return {"request": "incident_note", "incident": words[0], "text": words[1]}
        case "resolve", 1:
            return {"request": "incident_resolve", "incident": words[0], "reason": reason}
    forms = 'open "TEXT", note ID "TEXT", or resolve ID --reason "TEXT"'
    raise UsageError(f"warroom incident LAUNCH takes {forms}")
