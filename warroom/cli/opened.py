"""Opens a launch, or takes up the one that is open: after this its journal is ours and says so."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from warroom.adapters.asking import user_name
from warroom.adapters.credentials import secrets_of
from warroom.adapters.gates import declared_gates
from warroom.api.models import instant
from warroom.cli.composition import playbook_of
from warroom.cli.launches import (
    Known,
    how_to_name_it,
    is_launch,
    launch_named,
    new_name,
    open_launch_of,
    opening,
    other_name,
    other_playbook,
    require_copy,
    require_playbook,
)
from warroom.cli.options import RunOptions, pairs
from warroom.clock import Clock, RealClock, stamp
from warroom.engine.ports import Reload
from warroom.errors import PlaybookError, UsageError
from warroom.journal.journal import Journal
from warroom.journal.takeover import EndedOwner, end_owner
from warroom.launch.amending import Amendment
from warroom.launch.schedule import require_likely_t0, require_t0
from warroom.playbook.freeze import FIRST_COPY, freeze
from warroom.playbook.inputs import InputValues
from warroom.playbook.loaded import Playbook
from warroom.redact import Redactor
from warroom.text import clean


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchOptions(RunOptions):
    """The options of `warroom run`; empty means not given. `playbook` may be the name of a launch, or the id
    of its playbook, instead. `ready_fd` is the pipe on which whoever started the engine in the background waits for
    it, `lifeline_fd` one whose other end they hold for as long as the engine is to live; -1 without one."""

    playbook: Path
    state: Path
    headless: bool = False
    ready_fd: int = -1
    lifeline_fd: int = -1
    listen: str = ""
    expose: bool = False
    take_over: bool = False
    new: bool = False
    t0: datetime | None = None
    inputs: tuple[str, ...] = ()
    env_file: Path | None = None
    environment: str = ""


@dataclass(frozen=True, slots=True)
class OpenedLaunch:
    """A launch that this process owns. `environment` is the one that its playbook is read for, empty for none;
    `notes` are sentences on what a person should know about it."""

    name: str
    folder: Path
    journal: Journal
    playbook: Playbook
    environment: str
    notes: tuple[str, ...] = ()


def opening_t0(text: str) -> datetime | None:
    """The instant that `--t0` names; None where it is empty. Raises UsageError for anything else."""
    if not text:
        return None
    now = RealClock().now()
    at = now if text == "now" else instant(text)
    require_t0(at, now)
    return at


def open_launch(options: LaunchOptions, environ: dict[str, str], clock: Clock) -> OpenedLaunch:
    """The launch, new or taken up. Raises WarroomError: LaunchOwned where another engine runs it."""
    opened = _opened(options, environ, clock)
    told = [f"channel {one.id}: {one.note}" for one in opened.playbook.course.channels.values() if one.note]
    return replace(opened, notes=(*opened.notes, *told))


def _opened(options: LaunchOptions, environ: dict[str, str], clock: Clock) -> OpenedLaunch:
    inputs = InputValues(pairs(options.inputs, "--input"), environ, options.env_file)
    with opening(options.state):
        known = None if options.new else _known(options)
        if known is None:
            playbook = _loaded(options.playbook, inputs, options)
            known = None if options.new else open_launch_of(options.state, options.playbook, playbook.launch.id)
            if known is None:
                _require_something_to_do(playbook)
                return _new(options, playbook, clock)
        if not options.take_over:
            return _taken_up(options, known, inputs, clock)
        # Whoever could not go on with it must not end the one who does.
        _resumed(options, known, inputs)
        ended = end_owner(known.folder)
        # It may have written more before it ended.
        known = launch_named(options.state, known.name)
        if not known.is_open:
            raise UsageError(f"the launch {known.name} is closed", hint="open another from its playbook")
        opened = _taken_up(options, known, inputs, clock)
        return _told(opened, ended) if ended else opened


def _told(opened: OpenedLaunch, ended: EndedOwner) -> OpenedLaunch:
    """Puts on record whose launch was taken."""
    body = {"pid": ended.pid, "handed_back": ended.handed_back, "by": user_name()}
    opened.journal.append("owner.ended", body, user_name())
    how = "handed the launch back" if ended.handed_back else "did not hand the launch back and was killed"
    return replace(opened, notes=(*opened.notes, f"process {ended.pid} {how}"))


def _known(options: LaunchOptions) -> Known | None:
    name = str(options.playbook)
    if not options.playbook.is_file() and is_launch(options.state, name):
        known = launch_named(options.state, name)
        if known.problem and known.opened is None:
            raise UsageError(f"the launch {known.name} cannot be taken up: {known.problem}", hint=known.hint)
        if not known.is_open:
            how = "is closed" if known.opened else "was never opened"
            raise UsageError(f"the launch {known.name} {how}", hint="open another from its playbook")
        return known
    found = open_launch_of(options.state, options.playbook)
    if found is None:
        require_playbook(options.state, options.playbook)
    return found


def _loaded(path: Path, inputs: InputValues, options: LaunchOptions, folder: Path | None = None) -> Playbook:
    playbook = playbook_of(path, inputs, options.environment, folder)
    declared_gates(options.gates, playbook.gates)
    return playbook


def _require_something_to_do(playbook: Playbook) -> None:
    """Raises UsageError for a playbook of which a launch would do nothing, and never end."""
    course, watched = playbook.course, playbook.course.watched
    of_course = (course.phases, course.steps, course.updates, course.procedures)
    if not any((*of_course, watched.signals, watched.triggers, playbook.gates, playbook.levers)):
        path = clean(playbook.path)
        raise UsageError(
            f"a launch of {path} would have nothing to do: it has no phases, steps, updates, signals or triggers",
            hint=f"add some, as docs/playbook.md shows; its checks run with: warroom verify {shlex.quote(path)}",
        )


def _new(options: LaunchOptions, playbook: Playbook, clock: Clock) -> OpenedLaunch:
    if options.t0 is not None:
        require_likely_t0(playbook.course, options.t0, clock.now())
    name = new_name(options.state, playbook.launch.id, clock.now())
    folder = options.state / name
    journal = _journal(folder, name, playbook, clock)
    try:
        freeze(options.playbook, playbook.sha256, folder / FIRST_COPY / options.playbook.name)
        body: dict[str, Any] = {
            "id": playbook.launch.id,
            "title": playbook.launch.title,
            "path": str(options.playbook.absolute()),
            "file": options.playbook.name,
            "environment": options.environment,
            "playbook_sha256": playbook.sha256,
        }
        journal.append("launch.opened", body | ({"t0": stamp(options.t0)} if options.t0 else {}))
    except BaseException:
        journal.close()
        raise
    return OpenedLaunch(name, folder, journal, playbook, options.environment)


def _taken_up(options: LaunchOptions, known: Known, inputs: InputValues, clock: Clock) -> OpenedLaunch:
    playbook, environment = _resumed(options, known, inputs)
    notes = [note] if (note := other_playbook(options.playbook, known)) else []
    if options.t0 is not None and options.t0 != known.state.t0:
        notes.append("--t0 is for a new launch; this one's T0 is moved with: warroom t0")
    journal = _journal(known.folder, known.name, playbook, clock)
    return OpenedLaunch(known.name, known.folder, journal, playbook, environment, tuple(notes))


def _resumed(options: LaunchOptions, known: Known, inputs: InputValues) -> tuple[Playbook, str]:
    """The launch's own copy of its playbook, and the environment that it was opened for, or that is given now."""
    assert known.opened is not None
    if problem := other_name(known):
        raise UsageError(f"the launch cannot be taken up: {problem}", hint=how_to_name_it(known))
    require_copy(known)
    environment = options.environment or str(known.opened.body.get("environment", ""))
    given = replace(options, environment=environment)
    try:
        return _loaded(known.copy, inputs, given, Path(known.state.playbook_path).parent), environment
    except PlaybookError as error:
        if any(problem.key.startswith("inputs.") for problem in error.problems):
            error.hint = (
                f"the launch {known.name} goes on with the same --env-file and inputs as before: give them again"
            )
        raise


def loading(
    options: LaunchOptions, opened: OpenedLaunch, environ: Mapping[str, str]
) -> Callable[[str, str], Playbook]:
    """What loads the copy of a playbook at a place in the folder of the launch, which came from a path, for the
    launch's environment and with the inputs that the engine was started with. It raises WarroomError."""

    def load(copy: str, path: str) -> Playbook:
        inputs = InputValues(pairs(options.inputs, "--input"), environ, options.env_file)
        return playbook_of(opened.folder / copy, inputs, opened.environment, Path(path).parent)

    return load


def reloading(options: LaunchOptions, opened: OpenedLaunch, environ: Mapping[str, str]) -> Reload:
    """What loads another copy of the launch's playbook, for its environment and with the inputs that the engine was
    started with."""

    load_copy = loading(options, opened, environ)

    def load(copy: str, path: str) -> Amendment:
        try:
            playbook = load_copy(copy, path)
        except PlaybookError as error:
            raise UsageError("; ".join(map(str, error.problems)), hint="nothing was changed") from error
        return Amendment(copy, path, playbook.sha256, playbook.course)

    async def reload(copy: str, path: str, /) -> Amendment:
        return await asyncio.to_thread(load, copy, path)

    return reload


def _journal(folder: Path, name: str, playbook: Playbook, clock: Clock) -> Journal:
    return Journal.open(folder, name, clock, redact=Redactor.of(secrets_of(playbook)))
