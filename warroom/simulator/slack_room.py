"""What the strict Slack remembers: channels, messages, files and what is scheduled."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from warroom.clock import Clock

BOT_ID = "B0WARROOM1"
BOT_USER = "U0WARROOM1"
TEAM = "T0WARROOM1"


@dataclass(frozen=True, slots=True)
class Message:
    """A message. `ts` names it within its channel and is its time, seconds with six digits. `thread_ts` is empty for
    one that is not a reply. `visible_at` is when histories begin to show it, in the clock's monotonic seconds.
    """

    ts: str
    channel: str
    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    thread_ts: str = ""
    bot_id: str = BOT_ID
    files: tuple[Mapping[str, Any], ...] = ()
    edited: bool = False
    deleted: bool = False
    visible_at: float = 0.0

    def to_json(self, *, metadata: bool) -> dict[str, Any]:
        """The message as the Web API gives it."""
        shown: dict[str, Any] = {"type": "message", "ts": self.ts, "text": self.text, "bot_id": self.bot_id}
        shown |= {"user": BOT_USER, "team": TEAM} if self.bot_id == BOT_ID else {}
        shown |= {"blocks": list(self.blocks)} if self.blocks else {}
        shown |= {"thread_ts": self.thread_ts} if self.thread_ts else {}
        shown |= {"files": list(self.files)} if self.files else {}
        shown |= {"metadata": dict(self.metadata)} if metadata and self.metadata else {}
        # Slack marks an edit only where a message has no blocks.
        is_marked = self.edited and not self.blocks
        return shown | ({"edited": {"user": BOT_USER, "ts": self.ts}} if is_marked else {})


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A message that will be posted at `post_at`, scheduled at `created`; both in seconds since 1970."""

    id: str
    channel: str
    post_at: int
    created: int
    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    has_metadata: bool = False
    deleted: bool = False


@dataclass(slots=True)
class Conversation:
    """A channel. The bot reads and posts only where `member` is true."""

    id: str
    name: str
    member: bool = True
    archived: bool = False


class Room:
    """The state of one workspace. Not safe for use from several threads.

    `ahead_s` is by how many seconds its clock is ahead of this machine's; a test moves it to see what is scheduled.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        channels = (Conversation("C0WARROOM", "war-room"), Conversation("C0BACKUP", "ops"))
        self.channels = {channel.id: channel for channel in channels}
        self.messages: list[Message] = []
        self.scheduled: dict[str, Scheduled] = {}
        self.uploads: dict[str, dict[str, Any]] = {}
        self.visible_after_s = 0.0
        self.ahead_s = 0.0
        self._last_us = 0
        self._count = 0

    def addressed(self, to: str) -> Conversation | None:
        """The channel with that id, or of that name, with its `#` or without."""
        called = (one for one in self.channels.values() if to in (one.name, f"#{one.name}"))
        return self.channels.get(to) or next(called, None)

    def post(self, channel: str, text: str, **more: Any) -> Message:
        """Adds a message; `more` are further fields of `Message`."""
        visible_at = self._clock.monotonic() + self.visible_after_s
        message = Message(self._next_ts(self.now_s()), channel, text, visible_at=visible_at, **more)
        self.messages.append(message)
        return message

    def find(self, channel: str, ts: str) -> Message | None:
        """The message, also one that histories do not show yet; not one that was deleted."""
        found = (one for one in self.messages if one.channel == channel and one.ts == ts and not one.deleted)
        return next(found, None)

    def thread_of(self, channel: str, ts: str) -> str | None:
        """The `thread_ts` of a reply to the message: its ts. Empty: it is gone and nobody had replied, so a reply
        stands in the channel itself. None: there never was one, or it is a reply."""
        found = [one for one in self.messages if one.channel == channel and ts in (one.ts, one.thread_ts)]
        head = next((one for one in found if one.ts == ts and not one.thread_ts), None)
        if head is None:
            return None
        return ts if not head.deleted or any(not one.deleted for one in found if one is not head) else ""

    def change(self, message: Message, **fields: Any) -> Message:
        """Puts a changed copy in the place of `message`."""
        changed = replace(message, **fields)
        self.messages[self.messages.index(message)] = changed
        return changed

    def meddle(self, message: Message, what: str) -> None:
        """Somebody else has it `edited` (the text is another, the line below it stays) or `deleted`."""
        text = "what somebody made of it"
        section = {"type": "section", "text": {"type": "plain_text", "text": text}}
        edit = {"text": text, "blocks": (section, *message.blocks[-1:]), "edited": True}
        self.change(message, **(edit if what == "edited" else {"deleted": True}))

    def visible(self, channel: str, wanted: Callable[[Message], bool]) -> Sequence[Message]:
        """The messages that histories show now, oldest first."""
        now = self._clock.monotonic()
        return [
            one
            for one in self.messages
            if one.channel == channel and not one.deleted and one.visible_at <= now and wanted(one)
        ]

    def schedule(self, channel: str, post_at: int, text: str, **more: Any) -> Scheduled:
        """Keeps a message for later; `more` are further fields of `Scheduled`."""
        one = Scheduled(self.next_id("Q"), channel, post_at, math.floor(self.now_s()), text, **more)
        self.scheduled[one.id] = one
        return one

    def unschedule(self, one: Scheduled, *, for_good: bool) -> None:
        """Takes it out of the list. Where it is not `for_good` it is posted all the same."""
        del self.scheduled[one.id]
        if not for_good:
            self.scheduled[one.id] = replace(one, deleted=True)

    def deliver(self) -> None:
        """Posts what was scheduled and is due, each with its own time."""
        due = [one for one in self.scheduled.values() if one.post_at <= self.now_s()]
        for one in sorted(due, key=lambda one: one.post_at):
            del self.scheduled[one.id]
            # A message with metadata is taken and never posted: a defect of Slack's that its reference names.
            if not one.has_metadata and not self.channels[one.channel].archived:
                ts = self._next_ts(one.post_at)
                self.messages.append(Message(ts, one.channel, one.text, one.blocks))

    def now_s(self) -> float:
        """Seconds since 1970 by Slack's own clock."""
        return self._clock.now().timestamp() + self.ahead_s

    def _next_ts(self, at_s: float) -> str:
        """A time stamp for `at_s` that no message has yet, later than every other."""
        self._last_us = max(math.floor(at_s * 1e6), self._last_us + 1)
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def next_id(self, prefix: str) -> str:
        """An id that nothing has yet."""
        self._count += 1
        return f"{prefix}{self._count:08d}"

    def instant(self) -> datetime:
        """Now by Slack's own clock, UTC."""
        return datetime.fromtimestamp(self.now_s(), UTC)
