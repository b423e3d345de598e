"""`warroom act`: levers and procedures of a running launch shown, started, confirmed, and followed to their end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from warroom.cli.action_lines import asked_lines, listed_lines, step_lines
from warroom.cli.asking import asked
from warroom.cli.confirming import confirmed
from warroom.cli.folders import as_typed_here, command_for, safe_state_folder
from warroom.cli.launches import Known, launch_named
from warroom.cli.plain import write
from warroom.clock import Clock, RealClock
from warroom.errors import ExitCode, UsageError
from warroom.text import clean

_FORMS: Final = (
    "start PROCEDURE, set LEVER VALUE, attest LEVER VALUE, kill-switch, confirm RUN [STEP], done RUN [STEP], "
    "skip RUN STEP, or abort RUN"
)
_PATIENCE_S: Final = 120.0
_LOOK_S: Final = 0.3
_GOOD: Final = ("done", "no-op")
Json = Mapping[str, Any]


def act(launch: str, words: Sequence[str], reason: str, typed: str, state: Path | None, *, yes: bool = False) -> int:
    """Prints the levers and procedures, or does what `words` say and follows it to its end.

    0 where everything that it came to is done or was so already, 1 where a step failed or it was stopped, 3 where it
    waits for a person or is not over after two minutes. Raises UsageError where it is refused.
    """
    known = launch_named(safe_state_folder(state), launch)
    if not words:
        return _listed(asked(known, "GET", "/state"), known.folder)
    wanted = request_of(words, reason, typed)
    body = _agreed(wanted, asked(known, "GET", "/state"), yes=yes)
    if body is None:
        write(sys.stderr, "warroom: nothing was done")
        return int(ExitCode.USAGE)
    answer = asked(known, "POST", "/requests", body)
    for said in answer["said"]:
        write(sys.stdout, clean(said))
    if wanted["request"] == "attest":
        return int(ExitCode.GREEN)
    run = str(answer["entries"][0]["body"]["run"])
    return asyncio.run(_followed(known, run, RealClock()))


def request_of(words: Sequence[str], reason: str, typed: str) -> dict[str, str]:
    """The request that `warroom act LAUNCH WORDS...` makes. Raises UsageError for another form."""
    why = {"reason": reason}
    match tuple(words):
        case ("start", procedure):
            return {"request": "procedure", "procedure": procedure, **why, "typed": typed}
        case ("set", lever, value):
            return {"request": "lever", "lever": lever, "value": value, **why, "typed": typed}
        case ("attest", lever, value):
            return {"request": "attest", "lever": lever, "value": value, **why}
        case ("kill-switch",):
            return {"request": "kill_switch", **why}
        case ("confirm", run, *step) if len(step) < 2:
            return {"request": "confirm", "run": run, "step": "".join(step), "typed": typed}
        case ("done", run, *step) if len(step) < 2:
            return {"request": "done", "run": run, "step": "".join(step), **why}
        case ("skip", run, step):
            return {"request": "skip", "run": run, "step": step, **why}
        case ("abort", run):
            return {"request": "skip", "run": run, "step": "", **why}
    raise UsageError(f"warroom act LAUNCH takes {_FORMS}")


def _listed(found: Json, folder: Path) -> int:
    for line in listed_lines(found):
        write(sys.stdout, clean(as_typed_here(line, folder)))
    return int(ExitCode.GREEN)


def _agreed(body: dict[str, str], found: Json, *, yes: bool) -> dict[str, str] | None:
    """The request, once the person at the terminal has agreed where that is wanted; None where they have not."""
    if body["request"] == "kill_switch":
        switches = [f"{one['name']} to {one['stops']}" for one in found["levers"] if one["kill_switch"]]
        question = f"Set {', '.join(switches)}?"
        return body if not switches or confirmed(question, yes=yes) else None
    name = _dangerous(body, found)
    if name and not body["typed"] and sys.stdin.isatty():
        sys.stderr.write(f"{clean(name)} is dangerous. Type its name to go on: ")
        sys.stderr.flush()
        return {**body, "typed": sys.stdin.readline().strip()}
    return body


def _dangerous(body: Mapping[str, str], found: Json) -> str:
    """What is to be typed for the request; empty for nothing."""
    if body["request"] == "procedure":
        known = [one["id"] for one in found["procedures"] if one["dangerous"]]
        return body["procedure"] if body["procedure"] in known else ""
    if body["request"] == "lever":
        known = [one["name"] for one in found["levers"] if one["dangerous"]]
        return body["lever"] if body["lever"] in known else ""
    if body["request"] == "confirm":
        runs = [one for one in found["procedures"] if one["waits_for"] and body["run"] in (one["run"], one["id"])]
        return str(runs[-1]["waits_for"]["typed"]) if runs else ""
    return ""


async def _followed(known: Known, name: str, clock: Clock) -> int:
    """Prints what the run comes to as it comes, until it is over, waits for a person, or two minutes have passed."""
    told: set[str] = set()
    end = clock.monotonic() + _PATIENCE_S
    while True:
        found = asked(known, "GET", "/state")
        run = next((one for one in found["procedures"] if one["run"] == name), None)
        if run is None:
            return int(ExitCode.UNKNOWN)
        for line in _news(run):
            if line not in told:
                told.add(line)
                write(sys.stdout, clean(line.strip()))
        if run["stage"] == "finished":
            write(sys.stdout, clean(f"{name}: {run['standing']}"))
            return int(ExitCode.GREEN if run["outcome"] in _GOOD else ExitCode.RED)
        if run["waits_for"] or clock.monotonic() >= end:
            for line in asked_lines(run, found) if run["waits_for"] else ():
                write(sys.stdout, clean(as_typed_here(line.strip(), known.folder)))
            write(sys.stdout, clean(f"{name} goes on: `{command_for(known.folder, 'act')}` shows it"))
            return int(ExitCode.UNKNOWN)
        await clock.sleep(_LOOK_S)


def _news(run: Json) -> list[str]:
    """The lines of the steps that have ended."""
    ended = [step["stage"] in ("verified", "done", "no-op", "failed", "skipped") for step in run["steps"]]
    return [line for line, is_over in zip(step_lines(run), ended, strict=True) if is_over]
