"""`warroom doctor`: what is wrong with the set-up of a launch, before it starts."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warroom.adapters.credentials import secrets_of
from warroom.cli.channels import Around, channels_of
from warroom.cli.composition import playbook_of
from warroom.cli.options import pairs
from warroom.cli.output import Terminal
from warroom.cli.plain import write
from warroom.cli.setting_up import examined, folder
from warroom.cli.sources_asked import sources_asked
from warroom.clock import Clock, RealClock, stamp
from warroom.errors import PlaybookError, UsageError
from warroom.launch.setup import Finding
from warroom.playbook.inputs import InputValues
from warroom.playbook.loaded import Playbook
from warroom.redact import Redactor
from warroom.text import one_line, plural
from warroom.updates.channel import Fate, Post
from warroom.verdict import Verdict

_LOOKS: Final = {
    Verdict.PASS: ("+", "GREEN"),
    Verdict.WARN: ("!", "YELLOW"),
    Verdict.FAIL: ("x", "RED"),
    Verdict.SKIPPED: ("-", "SKIPPED"),
}
_UNKNOWN: Final = ("?", "UNKNOWN")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorOptions:
    """The options of `warroom doctor`; empty means not given."""

    playbook: Path
    state: Path
    inputs: tuple[str, ...] = ()
    env_file: Path | None = None
    environment: str = ""
    test_post: str = ""


def doctor(options: DoctorOptions, environ: Mapping[str, str] | None = None) -> int:
    """Prints a line per finding; 0 where all is well, 1 for findings. Raises WarroomError for a bad playbook.

    Only Slack and what signals are read from are asked anything, and nothing is posted without `test_post`.
    """
    env = dict(os.environ if environ is None else environ)
    clock = RealClock()
    inputs = InputValues(pairs(options.inputs, "--input"), env, options.env_file)
    try:
        playbook = playbook_of(options.playbook, inputs, options.environment)
    except PlaybookError as error:
        if not all(problem.key.startswith("inputs.") for problem in error.problems):
            raise
        missing = [Finding(Verdict.FAIL, one.key, one.message, "set it") for one in error.problems]
        return _told([folder(options.state), *missing], Redactor())
    if options.test_post and options.test_post not in playbook.course.channels:
        known = ", ".join(playbook.course.channels) or "none"
        raise UsageError(f"there is no channel '{one_line(options.test_post)}'", hint=f"its channels: {known}")
    if options.test_post and options.test_post not in {*playbook.slack, *playbook.hooks}:
        raise UsageError(
            f"the channel {options.test_post} has no access to Slack or a webhook: nothing was posted",
            hint="see docs/slack.md",
        )
    redactor = Redactor.of(secrets_of(playbook))
    found = list(examined(playbook, options.state, clock, options.env_file, options.test_post))
    found += sources_asked(playbook, clock)
    if options.test_post:
        found.append(_posted(playbook, options, clock))
    return _told(found, redactor)


def _told(found: list[Finding], redactor: Redactor) -> int:
    ascii_only = Terminal.of_process(os.environ).ascii_only
    for one in found:
        plain, word = _LOOKS.get(one.verdict, _UNKNOWN)
        repair = f" -> {one.repair}" if one.repair else ""
        line = redactor(f"{one.about}: {one.found}{repair}")
        write(sys.stdout, f"{plain if ascii_only else one.verdict.symbol} {word:<7} {one_line(line, limit=500)}")
    open_ones = sum(not one.is_well for one in found)
    skipped = (one.about for one in found if one.verdict is Verdict.SKIPPED)
    unseen = ", ".join(about for about in skipped if about.startswith(("target ", "source ")))
    said = f"warroom: {plural(open_ones, 'finding') if open_ones else 'no findings'}"
    write(sys.stderr, one_line(f"{said}{f'; not asked: {unseen}' if unseen else ''}", limit=500))
    return 1 if open_ones else 0


def _posted(playbook: Playbook, options: DoctorOptions, clock: Clock) -> Finding:
    channel = channels_of(playbook, Around(options.state, clock))[options.test_post]
    now = stamp(clock.now())
    text = f"TEST from `warroom doctor` for {playbook.launch.title}. Nothing has happened, and nothing is to be done."
    try:
        delivery = asyncio.run(channel.post(Post(f"wr:{playbook.launch.id}:doctor@{now}", text)))
    finally:
        channel.close()
    about = f"test post to {options.test_post}"
    if delivery.fate is Fate.CONFIRMED:
        return Finding(Verdict.PASS, about, f"stands at {delivery.ref}")
    verdict = Verdict.FAIL if delivery.fate is Fate.REFUSED else Verdict.INCONCLUSIVE
    return Finding(verdict, about, delivery.reason, "look into the channel before another try")
