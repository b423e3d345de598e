"""The channel that is a Slack channel, for an app with a bot token."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from slack_sdk import WebClient

from warroom.adapters.slack_files import attach, read_file, shows_file
from warroom.adapters.slack_wire import Address, Outcome, call, instant_of
from warroom.clock import Clock
from warroom.playbook.loaded import CHANNEL_ID
from warroom.text import clean
from warroom.updates.answers import Answered, Broken, cannot_tell, delivery_of, elsewhere, ref_of, wait_of
from warroom.updates.channel import CannotTell, Delivery, Fate, Post, thread_in
from warroom.updates.slack_message import (
    Message,
    file_name,
    key_of,
    message_of,
    parts_of,
    rest_of,
    scheduled_key_of,
    scheduled_message_of,
)
from warroom.updates.status_answers import deleted_of, edit_of, scheduled_of

PAGE: Final = 15
_MANY: Final = 100
_MARGIN: Final = timedelta(seconds=30)
_PATIENCE_S: Final = 120.0
_MESSAGE: Final = re.compile(rf"(?P<channel>{CHANNEL_ID.pattern})/(?P<ts>[0-9]{{1,12}}\.[0-9]{{6}})")
_NO_THREAD: Final = Delivery(Fate.REFUSED, reason="its post is no message of Slack's: it has no thread")


@dataclass(frozen=True, slots=True)
class _Spot:
    """A channel, by id, or (`thread_ts`) the thread of a message there."""

    channel: str
    thread_ts: str = ""


class SlackChannel:
    """Posts to `channel`, by id, and looks messages up in its history. Calls to Slack wait in a thread of their own.

    `say` is handed each post that was sent, `heard` what Slack's clock says in each answer.
    """

    def __init__(
        self,
        address: Address,
        channel: str,
        clock: Clock,
        say: Callable[[Post], object] = lambda _: None,
        heard: Callable[[str, datetime], object] = lambda *_: None,
        typed: Callable[[str], str] = str,
    ) -> None:
        """`typed` makes the commands in what is scheduled such as can be typed where the engine runs."""
        self._address = address
        self._channel = channel
        self._clock = clock
        self._say = say
        self._heard = heard
        self._typed = typed
        self._threads = ThreadPoolExecutor(4, "slack")
        self._aside = ThreadPoolExecutor(2, "slack-status")
        self._self: Sequence[tuple[str, str]] | None = None
        self._app = ""
        self._ahead_s = 0.0

    @property
    def place(self) -> str:
        """The id of the channel."""
        return self._channel

    @property
    def app(self) -> str:
        """The ids of the workspace and of the bot, as Slack has told them: nobody waits for that."""
        return self._app

    def sees(self, place: str) -> bool:
        """Any channel that Slack shows to the app."""
        return bool(CHANNEL_ID.fullmatch(place))

    async def post(self, post: Post) -> Delivery:
        """Tries once. A thread of another channel is none."""
        spot = _Spot(self._channel, self._head_ts(post.thread))
        outcome = await self._call(partial(_say_in, spot, message_of(post)))
        delivery = delivery_of(outcome.end, spot.channel, spot.thread_ts)
        if delivery.fate is Fate.CONFIRMED:
            self._say(post)
        return delivery

    async def find(self, key: str, since: datetime, where: str = "") -> str | None:
        """The place of our message with that key, posted at `since` or later, among the replies to the thread that
        `where` names, if any, or in its channel itself, where Slack puts a reply whose thread is gone. None: neither
        has it.

        Raises CannotTell where they could not be read to their end.
        """
        spot = self._spot(where)
        try:
            oldest = await self._oldest(since)
            if spot.thread_ts and (ref := await self._sought(spot, oldest, lambda message: key_of(message) == key)):
                return ref
            return await self._sought(_Spot(spot.channel), oldest, lambda message: key_of(message) == key)
        except CannotTell as error:
            raise error if spot.channel == self._channel else elsewhere(error, spot.channel) from error

    async def attach(self, ref: str, path: Path) -> Delivery:
        """Shows the file in the thread of the message at `ref`, unless it is there. Tries once; the fate is UNKNOWN
        where it may be there and cannot be seen yet."""
        content = await asyncio.get_running_loop().run_in_executor(self._threads, read_file, path)
        spot = _thread_of(ref)
        if spot is None or isinstance(content, Delivery):
            return content if isinstance(content, Delivery) else _NO_THREAD
        return await self._shown(spot, path.name, content)

    async def go_on(self, ref: str, post: Post, *, again: bool) -> Delivery:
        """Posts what the message at `ref` does not hold of `post` into its thread, and the whole text as a file where
        that is not all; `again`: what is there already is looked for first. Tries once; the fate is UNKNOWN where
        some of it may be there and cannot be seen yet."""
        spot = _thread_of(ref)
        if spot is None:
            return _NO_THREAD
        try:
            there = await self._keys_since(spot, ref) if again else frozenset()
        except CannotTell as error:
            return _unseen(error)
        missing = {key: message for key, message in rest_of(post).items() if key not in there}
        for number, message in enumerate(missing.values()):
            delivery = await self._said(spot, message)
            if delivery.fate is not Fate.CONFIRMED:
                return replace(delivery, fate=Fate.REFUSED) if delivery.closed else _partly(delivery, number)
        if parts_of(post.text).cut:
            content = post.text.encode("utf-8", "replace")
            return _partly(await self._shown(spot, file_name(post.key), content), len(missing))
        return Delivery(Fate.CONFIRMED, ref=ref)

    async def _said(self, spot: _Spot, message: Message) -> Delivery:
        """What became of a message, after waiting as long as Slack asks for: it takes one a second."""
        waited_s = 0.0
        while True:
            outcome = await self._call(partial(_say_in, spot, message))
            delivery = delivery_of(outcome.end, spot.channel, spot.thread_ts)
            if not delivery.wait_s or waited_s >= _PATIENCE_S:
                return delivery
            waited_s += delivery.wait_s
            await self._clock.sleep(delivery.wait_s)

    async def _shown(self, spot: _Spot, name: str, content: bytes) -> Delivery:
        """Shows a file in a thread, unless one of that name is there."""
        try:
            found = await self._sought(spot, spot.thread_ts, lambda message: shows_file(message, name))
        except CannotTell as error:
            return _unseen(error)
        if found:
            return Delivery(Fate.CONFIRMED, ref=found)
        place, loop = (spot.channel, spot.thread_ts), asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, attach, self._address, self._clock, place, name, content)

    async def edit(self, ref: str, post: Post) -> Delivery:
        """Puts `post` in the place of our message at `ref`, also of one in a channel that the launch had before.
        Where the fate is not known it can be repeated."""
        message, found = message_of(post), _MESSAGE.fullmatch(ref)
        if not found:
            return Delivery(Fate.REFUSED, reason="it is no message of Slack's", closed=True)
        for name in ("unfurl_links", "unfurl_media"):
            del message[name]
        # Without this Slack reads the text of an edit as a person's, and makes links of it.
        outcome = await self._call(
            lambda slack: slack.chat_update(channel=found["channel"], ts=found["ts"], parse="none", **message),
            self._aside,
        )
        return edit_of(outcome.end, found["channel"])

    async def schedule(self, post: Post, after_s: float) -> Delivery:
        """Has Slack post it by itself in `after_s` seconds by its own clock; `ref` is the channel and the id of the
        scheduled message."""
        # Asked right before: somebody may have set our clock since the last answer.
        asked = await self._call(lambda slack: slack.auth_test(), self._aside)
        if not (isinstance(asked.end, Answered) and asked.end.ok):
            return replace(scheduled_of(asked.end, ""), fate=Fate.NOT_SENT)
        at = math.ceil(self._clock.now().timestamp() + self._ahead_s + after_s)
        message = scheduled_message_of(replace(post, text=self._typed(post.text)))
        outcome = await self._call(
            lambda slack: slack.chat_scheduleMessage(channel=self._channel, post_at=at, **message), self._aside
        )
        return scheduled_of(outcome.end, _named(self._channel, outcome.data.get("scheduled_message_id")))

    async def unschedule(self, scheduled: str) -> Delivery:
        """Deletes the scheduled message that is called so, also one in a channel that the launch had before.
        CONFIRMED also where Slack has it no longer."""
        channel, _, name = scheduled.rpartition("/")
        which: dict[str, Any] = {"channel": channel or self._channel, "scheduled_message_id": name}
        outcome = await self._call(lambda slack: slack.chat_deleteScheduledMessage(**which), self._aside)
        return deleted_of(outcome.end)

    async def scheduled(self, place: str = "") -> Mapping[str, str]:
        """How that is called which is scheduled in that channel (empty: this one) and has a key of ours, by key.
        Raises CannotTell."""
        channel = place or self._channel
        found: dict[str, str] = {}
        cursor = ""
        while True:
            page = await self._told(partial(_schedule, channel, cursor or None), self._aside)
            for one in page.get("scheduled_messages") or ():
                if key := scheduled_key_of(one):
                    found[key] = _named(channel, one.get("id"))
            cursor = str(page.get("response_metadata", {}).get("next_cursor", ""))
            if not cursor:
                return found

    async def posted(self, key: str, since: datetime, place: str = "") -> str | None:
        """The place of our message that had been scheduled with that key, in that channel (empty: this one). Raises
        CannotTell."""
        oldest, spot = await self._oldest(since), self._spot(place)
        return await self._sought(spot, oldest, lambda message: scheduled_key_of(message) == key)

    async def tell_time(self) -> None:
        """Whoever was given for that hears it."""
        await self._call(lambda slack: slack.auth_test(), self._aside)

    def close(self) -> None:
        """Waits for nothing: a call that hangs ends with the process."""
        for threads in (self._threads, self._aside):
            threads.shutdown(wait=False, cancel_futures=True)

    async def _who(self) -> Sequence[tuple[str, str]]:
        """By what we know messages of our own: members of theirs with their values, the bot's id and its user's."""
        if self._self is None:
            found = await self._told(lambda slack: slack.auth_test())
            known = [(name, str(found.get(name) or "")) for name in ("bot_id", "user_id")]
            ours = [("user" if name == "user_id" else name, value) for name, value in known if value]
            if not ours:
                raise CannotTell("Slack does not say whose the token is")
            self._self = ours
        return self._self

    async def _keys_since(self, spot: _Spot, ref: str) -> frozenset[str]:
        """The keys of our messages in the thread of the one at `ref`, and of those since then in the channel itself,
        where Slack puts a reply whose thread is gone."""
        keys: set[str] = set()

        def noted(message: dict[str, Any]) -> bool:
            keys.add(key_of(message))
            return False

        oldest = ref.rpartition("/")[2]
        await self._sought(spot, oldest, noted)
        await self._sought(_Spot(spot.channel), oldest, noted)
        return frozenset(keys)

    def _spot(self, where: str) -> _Spot:
        channel, _, thread_ts = where.partition("/")
        return _Spot(channel or self._channel, thread_ts)

    def _head_ts(self, thread: str) -> str:
        channel, _, ts = thread.rpartition("/")
        return ts if channel == self._channel else ""

    async def _sought(self, spot: _Spot, oldest: str, is_it: Callable[[dict[str, Any]], bool]) -> str | None:
        """The place of that message of ours in a thread, or in the channel itself, since then and to its end."""
        ours = await self._who()
        cursor: str | None = None
        while True:
            page = await self._told(partial(_pages, spot, oldest, cursor))
            for message in page.get("messages", ()):
                if any(message.get(name) == own for name, own in ours) and is_it(message):
                    return ref_of(spot.channel, str(message["ts"]), str(message.get("thread_ts", "")))
            cursor = str(page.get("response_metadata", {}).get("next_cursor", ""))
            if not page.get("has_more"):
                return None
            if not cursor:
                raise CannotTell("Slack's history ends in the middle")

    async def _oldest(self, since: datetime) -> str:
        """A little before `since`, by Slack's clock. Raises CannotTell."""
        # Asked right before: somebody may have set our clock since the last answer, or there was none yet.
        await self._told(lambda slack: slack.auth_test())
        return f"{(since.astimezone(UTC) - _MARGIN + timedelta(seconds=self._ahead_s)).timestamp():.6f}"

    async def _told(
        self, method: Callable[[WebClient], object], threads: ThreadPoolExecutor | None = None
    ) -> Mapping[str, Any]:
        """The good answer, after waiting as long as Slack asks for; an empty one for a thread that is gone. Raises
        CannotTell for any other."""
        waited_s = 0.0
        while True:
            outcome = await self._call(method, threads)
            match outcome.end:
                case Answered(200, True):
                    return outcome.data
                case Answered(200, False, "thread_not_found"):
                    return {}
                case Answered(429, retry_after=text) if waited_s < _PATIENCE_S:
                    wait_s = wait_of(text)
                    waited_s += wait_s
                    await self._clock.sleep(wait_s)
                case Answered(status, _, error):
                    raise cannot_tell(status, error)
                case Broken(what):
                    raise CannotTell(what)

    async def _call(
        self, method: Callable[[WebClient], object], threads: ThreadPoolExecutor | None = None
    ) -> Outcome:
        """`threads` are those of what no post may wait for; None: those of the posts."""
        loop = asyncio.get_running_loop()
        outcome = await loop.run_in_executor(threads or self._threads, call, self._address, self._clock, method)
        if outcome.date:
            said = instant_of(outcome.date)
            self._ahead_s = (said - self._clock.now()).total_seconds() if said else 0.0
            if said:
                self._heard("Slack", said)
        self._app = _app_in(outcome.data) or self._app
        return outcome


def _app_in(answer: Mapping[str, Any]) -> str:
    """The ids of the workspace and of the bot that an answer names, of the token or of a message that was taken.
    Empty where it names none."""
    message = answer.get("message")
    team, bot = answer.get("team_id"), answer.get("bot_id")
    if isinstance(message, dict):
        team, bot = message.get("team"), message.get("bot_id")
    return clean(f"{team}/{bot}", limit=60) if team and bot else ""


def _thread_of(ref: str) -> _Spot | None:
    """The thread of the message at `ref`, in the channel where that one is; None where it is none of Slack's."""
    found = _MESSAGE.fullmatch(thread_in(ref) or ref)
    return _Spot(found["channel"], found["ts"]) if found else None


def _named(channel: str, scheduled: object) -> str:
    """What a scheduled message of this id is called; empty without one."""
    name = clean(str(scheduled or ""), limit=40)
    return f"{channel}/{name}" if name else ""


def _say_in(spot: _Spot, message: Message, slack: WebClient) -> object:
    return slack.chat_postMessage(channel=spot.channel, thread_ts=spot.thread_ts or None, **message)


def _schedule(channel: str, cursor: str | None, slack: WebClient) -> object:
    return slack.chat_scheduledMessages_list(channel=channel, limit=_MANY, cursor=cursor)


def _pages(spot: _Spot, oldest: str, cursor: str | None, slack: WebClient) -> object:
    page: dict[str, Any] = {"channel": spot.channel, "limit": PAGE, "cursor": cursor, "oldest": oldest}
    page |= {"inclusive": True, "include_all_metadata": True}
    if spot.thread_ts:
        return slack.conversations_replies(ts=spot.thread_ts, **page)
    return slack.conversations_history(**page)


def _partly(delivery: Delivery, said: int) -> Delivery:
    """What became of a rest of which `said` messages were taken: those are looked for before any is said again."""
    return replace(delivery, fate=Fate.UNKNOWN) if said and delivery.fate is Fate.NOT_SENT else delivery


def _unseen(error: CannotTell) -> Delivery:
    """Where what is there cannot be seen nothing is put beside it."""
    return Delivery(Fate.NOT_SENT if error.takes_posts is None else Fate.REFUSED, reason=error.reason)
