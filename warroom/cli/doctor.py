"""`warroom doctor`: what is wrong with the set-up of a launch, before it starts."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from warroom.adapters.credentials import secrets_of
from warroom.adapters.slack_doctor import Finding, examined, hook_finding
from warroom.adapters.slack_wire import Address
from warroom.adapters.tls import TlsSetting, make_context
from warroom.cli.channels import channels_of
from warroom.cli.composition import playbook_of
from warroom.cli.options import pairs
from warroom.cli.output import Terminal
from warroom.cli.plain import write
from warroom.clock import Clock, RealClock, stamp
from warroom.errors import PlaybookError, UsageError
from warroom.journal.folder import prepare
from warroom.playbook.inputs import InputValues
from warroom.playbook.loaded import Playbook
from warroom.redact import Redactor
from warroom.text import one_line, plural
from warroom.updates.channel import Fate, Post
from warroom.verdict import Verdict

_ROOM: Final = 200 * 1024 * 1024
_SLACK: Final = "https://slack.com/api/"
_LOOKS: Final = {Verdict.PASS: ("+", "GREEN"), Verdict.FAIL: ("x", "RED"), Verdict.SKIPPED: ("-", "SKIPPED")}
_UNKNOWN: Final = ("?", "UNKNOWN")
_CLEAN: Final = (Verdict.PASS, Verdict.SKIPPED)


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

    Only Slack is asked anything, and nothing is posted without `test_post`.
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
        return _told([_folder(options.state), *missing], Redactor())
    if options.test_post and options.test_post not in playbook.course.channels:
        known = ", ".join(playbook.course.channels) or "none"
        raise UsageError(f"there is no channel '{one_line(options.test_post)}'", hint=f"its channels: {known}")
    if options.test_post and options.test_post not in playbook.slack:
        raise UsageError(
            f"the channel {options.test_post} has no access to Slack: nothing was posted", hint="see docs/slack.md"
        )
    redactor = Redactor()
    for name, value in secrets_of(playbook).items():
        redactor.add(name, value)
    found = [_folder(options.state), *_targets(playbook), *_channels(playbook, options.test_post, clock)]
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
    open_ones = sum(one.verdict not in _CLEAN for one in found)
    write(sys.stderr, f"warroom: {plural(open_ones, 'finding') if open_ones else 'no findings'}")
    return 1 if open_ones else 0


def _folder(state: Path) -> Finding:
    about = f"state folder {state}"
    try:
        prepare(state)
        free = shutil.disk_usage(state).free
    except UsageError as error:
        return Finding(Verdict.FAIL, about, error.message, error.hint or "name another with --state DIR")
    except OSError as error:
        return Finding(Verdict.INCONCLUSIVE, about, f"its free space is not known: {error.strerror}")
    found = f"your own, on a local disk, {free // 1024**2:,} MiB free"
    if free < _ROOM:
        return Finding(Verdict.FAIL, about, found, "make room, or name another with --state DIR")
    return Finding(Verdict.PASS, about, found)


def _targets(playbook: Playbook) -> Iterator[Finding]:
    """Whether the names of the targets have addresses; nothing is sent to one."""
    for target in playbook.targets.values():
        about = f"target {target.id}"
        if target.human or not target.url:
            yield Finding(Verdict.SKIPPED, about, "a link for people" if target.human else target.not_configured)
        elif target.proxy or target.trust_env:
            yield Finding(Verdict.SKIPPED, about, "a proxy may look its name up: not tried")
        else:
            yield _resolved(about, urlsplit(target.url).hostname or "")


def _resolved(about: str, host: str) -> Finding:
    try:
        addresses = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError) as fault:
        reason = f"{host} cannot be resolved: {getattr(fault, 'strerror', '') or 'not a name'}"
        return Finding(Verdict.FAIL, about, reason, "check the name, the DNS and the network")
    return Finding(Verdict.PASS, about, f"{host} is {', '.join(sorted(addresses))}; nothing was sent there")


def _channels(playbook: Playbook, tested: str, clock: Clock) -> Iterator[Finding]:
    for channel in playbook.course.channels.values():
        access = playbook.slack.get(channel.id)
        if access is None:
            if channel.note:
                repair = "give it access: docs/slack.md"
                yield Finding(Verdict.INCONCLUSIVE, f"channel {channel.id}", channel.note, repair)
            else:
                yield Finding(Verdict.PASS, f"channel {channel.id}", "a file of the launch")
        elif access.token:
            context = make_context(TlsSetting.default())
            yield from examined(Address(access.api_url or _SLACK, access.token, context), access.channel, clock)
        elif channel.id != tested:
            # A test post says more than the form of the address.
            yield hook_finding(access.webhook)


def _posted(playbook: Playbook, options: DoctorOptions, clock: Clock) -> Finding:
    channel = channels_of(playbook, options.state, clock, lambda _: None)[options.test_post]
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
