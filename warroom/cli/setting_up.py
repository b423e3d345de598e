"""Whether everything is there that a launch needs, for `warroom doctor` and for the engine before T0."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from warroom.cli.channels import SLACK
from warroom.clock import Clock
from warroom.errors import PlaybookError, UsageError
from warroom.journal.folder import prepare
from warroom.launch.liveness import status_channel, why_none
from warroom.launch.setup import Finding
from warroom.plan.findings import sizes
from warroom.plan.posts import planned_posts
from warroom.playbook.course import Channel, Course
from warroom.playbook.env_file import read_env_file
from warroom.playbook.loaded import Playbook
from warroom.text import clean, plural
from warroom.units import format_duration
from warroom.updates.slack_message import SECTION, SECTIONS
from warroom.verdict import Verdict

_ROOM: Final = 200 * 1024 * 1024
_PATIENCE_S: Final = 45.0
# What the status message and the dead-man switch cannot do without, as the findings on a channel call it.
_KEPT_BY: Final = ("token", "scope chat:write", "channel ")


def examined(
    playbook: Playbook, state: Path, clock: Clock, env_file: Path | None = None, tested: str = ""
) -> Iterator[Finding]:
    """What there is to say of the state folder, the env file, the targets, the messages, the channels, the status
    message and the dead-man switch, in that order. Blocks.

    Only Slack is asked anything, and nothing is posted. Nothing is said of an env file without secrets. `tested` is a
    channel that a test post goes to.
    """
    yield folder(state)
    if env_file:
        yield from _kept_secret(env_file, playbook)
    yield from _targets(playbook)
    yield from _messages(playbook)
    told = {one.id: list(_channel(playbook, one, tested, clock)) for one in playbook.course.channels.values()}
    for channel, found in told.items():
        of = f"{channel}: " if len(playbook.slack) > 1 and channel in playbook.slack else ""
        yield from (replace(one, about=f"{of}{one.about}") for one in found)
    yield _kept(playbook.course, told)


class LaunchSetUp:
    """The set-up of a launch in `folder`, looked at while its engine runs."""

    def __init__(self, playbook: Playbook, folder: Path, clock: Clock, env_file: Path | None = None) -> None:
        self._playbook = playbook
        self._folder = folder
        self._clock = clock
        self._env_file = env_file

    async def examine(self) -> Sequence[Finding]:
        """What there is to say; that it does not come to an end is a finding, too."""
        found = await _aside(lambda: list(examined(self._playbook, self._folder, self._clock, self._env_file)))
        late = f"looking at it has not come to an end after {_PATIENCE_S:g} s"
        return found or [Finding(Verdict.INCONCLUSIVE, "set-up", late, "see: warroom doctor")]


async def _aside(look: Callable[[], list[Finding]]) -> list[Finding]:
    """What `look` finds, in a thread that a name server that hangs keeps from nothing else; empty after a while."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[list[Finding]] = loop.create_future()

    def tell(found: list[Finding]) -> None:
        if not done.done():
            done.set_result(found)

    def work() -> None:
        try:
            found = look()
        except Exception as error:  # noqa: BLE001 - whatever breaks here is one more thing that is not known
            found = [Finding(Verdict.INCONCLUSIVE, "set-up", f"a defect of Warroom: {type(error).__name__}")]
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, found)

    # Not of a pool: the end of the process would wait for it.
    threading.Thread(target=work, name="set-up", daemon=True).start()
    await asyncio.wait((done,), timeout=_PATIENCE_S)
    return done.result() if done.done() else []


def folder(state: Path) -> Finding:
    """Whether launches can be kept there."""
    about = f"state folder {state}"
    try:
        prepare(state)
        free = shutil.disk_usage(state).free
    except UsageError as error:
        return Finding(Verdict.FAIL, about, error.message, error.hint or "name another with --state DIR")
    except OSError as error:
        return Finding(Verdict.INCONCLUSIVE, about, f"its free space is not known: {error.strerror}")
    if free < _ROOM:
        found = f"only {free // 1024**2:,} MiB free"
        return Finding(Verdict.FAIL, about, found, "make room, or name another with --state DIR")
    return Finding(Verdict.PASS, about, f"your own, on a local disk, {free // 1024**2:,} MiB free")


def _kept_secret(env_file: Path, playbook: Playbook) -> Iterator[Finding]:
    """Whether only its owner can read a file that gives secrets. A pipe, and a file that is gone, say nothing."""
    try:
        status = env_file.stat()
        given = set(read_env_file(env_file).values()) if stat.S_ISREG(status.st_mode) else set()
    except (OSError, PlaybookError):
        return
    about = f"env file {clean(str(env_file))}"
    if given.isdisjoint(playbook.secrets.values()):
        return
    if status.st_mode & 0o077:
        found = f"it holds secrets, and others can get at it (mode 0{stat.S_IMODE(status.st_mode):o})"
        yield Finding(Verdict.WARN, about, found, f"chmod 600 {shlex.quote(clean(str(env_file)))}")
    else:
        yield Finding(Verdict.PASS, about, "it holds secrets, and only its owner can read it")


def _targets(playbook: Playbook) -> Iterator[Finding]:
    """Whether the names of the targets have addresses. Nothing is sent to one, so that none is said to be well."""
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
    known = f"its name is known, {', '.join(sorted(addresses))}"
    return Finding(Verdict.SKIPPED, about, f"not asked: {known}; whether it answers says: warroom verify")


def _messages(playbook: Playbook) -> Iterator[Finding]:
    """Whether every post fits into a message of Slack, with long values too."""
    posts = [post for post in planned_posts(playbook, None) if post.size.messages]
    if not posts:
        return
    for one in sizes(posts):
        yield Finding(Verdict.WARN, one.about, one.found, one.repair)
    if all(post.size.messages == 1 for post in posts):
        longest = max(post.size.longest for post in posts)
        found = f"{plural(len(posts), 'post')}, each at most {longest:,} of the {SECTION * SECTIONS:,} characters"
        yield Finding(Verdict.PASS, "messages", f"{found} of a message with long values")


def _channel(playbook: Playbook, channel: Channel, tested: str, clock: Clock) -> Iterator[Finding]:
    # These bring slack_sdk, which nothing else needs.
    from warroom.adapters.slack_doctor import examined as slack_examined
    from warroom.adapters.slack_doctor import hook_finding
    from warroom.adapters.slack_wire import Address
    from warroom.adapters.tls import TlsSetting, make_context

    access = playbook.slack.get(channel.id)
    if access is None:
        yield from _elsewhere(channel, tested)
    elif access.token:
        address = Address(access.api_url or SLACK, access.token, make_context(TlsSetting.default()))
        yield from slack_examined(address, access.channel, clock)
    elif channel.id != tested:
        # A test post says more than the form of the address.
        yield hook_finding(access.webhook)


def _elsewhere(channel: Channel, tested: str) -> Iterator[Finding]:
    """What there is to say of a channel that is not Slack's."""
    about = f"channel {channel.id}"
    if channel.note:
        yield Finding(Verdict.INCONCLUSIVE, about, channel.note, "give it access: docs/slack.md, docs/channels.md")
    elif channel.by_hand:
        yield Finding(Verdict.PASS, about, f"told by a person: {channel.by_hand.medium}")
    elif channel.kind == "file":
        yield Finding(Verdict.PASS, about, "a file of the launch")
    elif channel.id != tested:
        found = "a signed webhook: whether its receiver takes posts shows only one"
        yield Finding(Verdict.INCONCLUSIVE, about, found, f"prove it with --test-post {channel.id}")


def _kept(course: Course, told: Mapping[str, Sequence[Finding]]) -> Finding:
    """Whether both can be kept: that shows only in what is `told` of their channel."""
    about, channel = "status message and dead-man switch", status_channel(course)
    if channel is None:
        return Finding(Verdict.SKIPPED, about, f"not available: {why_none(course)}")
    if doubtful := [one.about for one in told[channel.id] if one.about.startswith(_KEPT_BY) and not one.is_well]:
        found = f"in {channel.id}; not known whether they can be kept there: {', '.join(doubtful)}, above"
        return Finding(Verdict.INCONCLUSIVE, about, found, "mend that first")
    span = format_duration(channel.silent_after)
    return Finding(Verdict.PASS, about, f"in {channel.id}; Slack speaks {span} after the engine's last sign of life")
