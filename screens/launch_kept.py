"""What the head and the lines below it say of the status message and the dead-man switch in Slack."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from textual.content import Content

from warroom.client.values import KeptNow, LaunchNow
from warroom.screens import palette
from warroom.screens.lines import ago, labelled, line, time_of_day

_FINE: Final = ("armed", "up to date", "posting", "waits for T0", "not available", "ended")
_SWITCH, _MESSAGE = "Dead-man", "Slack"
_BOTH: Final = ("Dead-man switch", "Status message")


def kept_parts(launch: LaunchNow, now: datetime) -> list[Content]:
    """How both stand: until when the switch is armed, how old the message is, or why there is none."""
    switch, message = launch.dead_man, launch.status_message
    parts = []
    if switch:
        armed = f"armed to {time_of_day(switch.until)}" if switch.word == "armed" and switch.until else switch.word
        parts.append(_part(_SWITCH, switch, armed))
    if message:
        is_current = message.word == "up to date"
        parts.append(_part(_MESSAGE, message, ago(message.at, now) if is_current and message.at else message.word))
    return parts


def _part(name: str, one: KeptNow, told: str) -> Content:
    if one.word in _FINE and not (one.reason and one.word == "armed"):
        return labelled(name, told)
    return line((f"{name} ", palette.QUIET), (f"▲ {told}", palette.ink(palette.YELLOW, bold=True)))


def kept_items(launch: LaunchNow) -> list[tuple[str, str]]:
    """Both as names and texts, whole."""
    known = zip(_BOTH, (launch.dead_man, launch.status_message), strict=True)
    return [(name, _told(one)) for name, one in known if one]


def _told(one: KeptNow) -> str:
    until = f" until {time_of_day(one.until)}" if one.until else ""
    since = f" since {time_of_day(one.since)}" if one.since else ""
    how = f", edited {time_of_day(one.at)}" if one.at and one.ref else ""
    where = f" in {one.channel}" if one.channel else ""
    return f"{one.word}{until}{since}{how}{where}{f': {one.reason}' if one.reason else ''}"


def kept_troubles(launch: LaunchNow, now: datetime) -> Iterator[str]:
    """A sentence on each of them that is not as it should be. That there is none in a file or through a webhook is
    said of the channel."""
    for name, one in zip(_BOTH, (launch.dead_man, launch.status_message), strict=True):
        if one and one.reason and one.word not in ("not available", "ended"):
            until = f" until {time_of_day(one.until)}" if one.until else ""
            since = f" for {ago(one.since, now).removesuffix(' ago')}" if one.since else ""
            yield f"{name} {one.word}{until}{since}: {one.reason}"
