"""A launch as its journal alone tells it, for those who ask while no engine answers."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from warroom.checks import all_kinds
from warroom.cli.launches import Known, altered_copy, launch_named, whole
from warroom.client.values import LaunchNow, launch_now
from warroom.clock import RealClock
from warroom.engine.view import state_json
from warroom.errors import PlaybookError, WarroomError
from warroom.journal.owner import Owner
from warroom.journal.reading import read_only
from warroom.launch.liveness import Stopping
from warroom.launch.signal_words import time_of_day
from warroom.launch.state import LaunchState
from warroom.playbook.load import load_course


def journaled(known: Known, silent: Owner | None = None) -> tuple[Known, dict[str, Any]]:
    """The launch, read from end to end, and what GET /state would say of it. `silent` is the engine that runs it and
    does not answer."""
    known = whole(known)
    engine = {"pid": silent.pid, "since": silent.since, "silent": True} if silent else None
    said = state_json(with_course(known), RealClock().now(), known.log)
    return known, {**said, "launch": known.name, "title": known.title, "engine": engine}


def with_course(known: Known) -> LaunchState:
    """The state with what the launch's own copy of the playbook plans; without, where that is gone or altered."""
    if known.opened is None or altered_copy(known):
        return known.state
    body = known.opened.body
    try:
        course = load_course(known.copy, all_kinds(), body.get("environment") or None)
    except PlaybookError:
        return known.state
    return replace(known.state, course=course)


def ended_in(folder: Path) -> LaunchNow | str:
    """The launch in `folder` as it ended; where it is open, who stopped its last engine and when, `by ada at
    02:05:07Z`. Empty where that was not stopped in order, or the journal cannot be read."""
    with contextlib.suppress(WarroomError):
        known = launch_named(folder.parent, folder.name)
        return launch_now(journaled(known)[1]) if known.state.closed else _stopped_in(folder)
    return ""


def _stopped_in(folder: Path) -> str:
    """Who stopped the last engine; one that went on for a while after that was not stopped by them."""
    reader = read_only(folder)
    stopping = next(reversed([*reader.of_kinds(("engine.stopping",))]), None)
    *_, last = reader.entries(max(0, reader.head.seq - 1))
    if stopping is None or not Stopping(stopping.body["by"], stopping.epoch, stopping.at).means(last.epoch, last.at):
        return ""
    return f"by {stopping.body['by']} at {time_of_day(stopping.at)}"
