"""What a channel for updates has to offer, and what can become of a post."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable


class Fate(StrEnum):
    """What became of an attempt to post. Only `NOT_SENT` may be tried again without a look-up."""

    CONFIRMED = "confirmed"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class CannotTell(Exception):
    """A look-up that did not come to an end. `reason` is for people and safe to show.

    `takes_posts` is None where a later one may come to its end. Otherwise none ever will, and it says whether the
    channel may take a post all the same.
    """

    def __init__(self, reason: str, takes_posts: bool | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.takes_posts = takes_posts


@dataclass(frozen=True, slots=True)
class Post:
    """An update as it is sent. `text` was frozen before the first attempt; `delivery` is the line outside it that
    says LATE and by how much, empty for one in time. The same `key` names the update in every attempt. `thread` is
    the `ref` of the message whose thread it goes into; empty: it is to stand in the channel itself. `severity` is
    info, warning or critical.
    """

    key: str
    text: str
    delivery: str = ""
    thread: str = ""
    severity: str = "info"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The end of one attempt. `ref` says where the message is (empty unless confirmed), `reason` why it is not.

    `wait_s` is how many seconds the channel asks to wait before the next attempt; 0 where it does not say. `closed`
    says that the thread takes no replies (the next attempt is for the channel itself), or the message no edits.
    """

    fate: Fate
    ref: str = ""
    reason: str = ""
    wait_s: float = 0.0
    closed: bool = False


def thread_in(ref: str) -> str:
    """The `ref` of the message in whose thread the one at `ref` stands; empty for one in the channel itself.

    A channel with threads has references of the form `channel/message`, and `channel/head/reply` for a reply.
    """
    head, _, _ = ref.rpartition("/")
    return head if "/" in head else ""


class Channel(Protocol):
    """Where updates are posted."""

    async def post(self, post: Post) -> Delivery:
        """Tries once. Never raises for what the outside does, save for cancellation (then the fate is unknown)."""
        ...

    async def find(self, key: str, since: datetime, where: str = "") -> str | None:
        """Where the message with that key is, posted at `since` or later, in the thread or the place that `where`
        names (empty: the channel's own); None: there is none to be seen now. Raises CannotTell or OSError if that
        cannot be said now. Never asked of a channel that declares an `on_unknown`."""
        ...


@runtime_checkable
class Placed(Protocol):
    """What a channel says that may post elsewhere when the next engine begins: another id, a file for want of a
    token."""

    @property
    def place(self) -> str:
        """Where it posts: what its references begin with, no secret."""
        ...

    def sees(self, place: str) -> bool:
        """Whether it can be asked what has arrived there."""
        ...


def place_of(channel: object) -> str:
    """Where it posts; empty where it does not say."""
    return channel.place if isinstance(channel, Placed) else ""


@runtime_checkable
class Known(Protocol):
    """What a channel says that finds no messages but those of its own app."""

    @property
    def app(self) -> str:
        """The workspace and the app that it posts as, no secret; empty while that is not known."""
        ...


def app_of(channel: object) -> str:
    """As whom it posts; empty where that is not known, or all is one."""
    return channel.app if isinstance(channel, Known) else ""


@runtime_checkable
class TakesFiles(Protocol):
    """What a channel with threads offers beside."""

    async def attach(self, ref: str, path: Path) -> Delivery:
        """Shows the file in the thread of the message at `ref`, unless it is there. Tries once; never raises for what
        the outside does. The fate is UNKNOWN where it may be there and cannot be seen yet."""
        ...

    async def go_on(self, ref: str, post: Post, *, again: bool) -> Delivery:
        """Posts what the message at `ref` does not hold of `post` into its thread; `again`: what is there already is
        looked for first. Tries once; never raises for what the outside does. The fate is UNKNOWN where some of it
        may be there and cannot be seen yet."""
        ...


@runtime_checkable
class TellsTime(Protocol):
    """What a channel offers whose server has a clock."""

    async def tell_time(self) -> None:
        """Asks the server, once, for an answer with a `Date`; whoever the channel was given for that hears it. Never
        raises for what the outside does."""
        ...


@runtime_checkable
class KeepsStatus(Protocol):
    """What it takes to keep a status message and a dead-man switch in a channel. Each method tries once; none of them
    makes a post wait. Those that return a Delivery never raise for what the outside does."""

    async def edit(self, ref: str, post: Post) -> Delivery:
        """Puts `post` in the place of our message at `ref`. Where the fate is not known it can be repeated."""
        ...

    async def schedule(self, post: Post, after_s: float) -> Delivery:
        """Has `post` posted by itself in `after_s` seconds, by the channel's own clock; `ref` is then what it is
        called until then."""
        ...

    async def unschedule(self, scheduled: str) -> Delivery:
        """Deletes what is called so. CONFIRMED also where it was scheduled no longer."""
        ...

    async def scheduled(self, place: str = "") -> Mapping[str, str]:
        """What is scheduled at that place (empty: the channel's own) and ours: what it is called, by key. Raises
        CannotTell."""
        ...

    async def posted(self, key: str, since: datetime, place: str = "") -> str | None:
        """The `ref` of a message that had been scheduled with that key at that place and was posted at `since` or
        later; None: there is none to be seen now. Raises CannotTell."""
        ...
