"""The strict Slack of the simulator, in a thread of the harness: what it accepted is what a scenario is judged by."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Collection, Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.soak.oracle import Received, failed
from tests.soak.yard import Beats, Yard
from warroom.clock import RealClock
from warroom.simulator.listener import Listener
from warroom.simulator.slack import SlackStandIn
from warroom.simulator.slack_faults import Fault
from warroom.simulator.slack_room import BOT_ID, Message

SETTLE_S: Final = 0.5
"""The settle time here; 60 s in earnest."""
SCALE: Final = 60.0 / SETTLE_S
POSTS: Final = {"one": "C0WARROOM", "two": "C0BACKUP"}
_EFFECTS: Final = (
    "chat.postMessage",
    "webhook",
    "upload",
    "files.getUploadURLExternal",
    "files.completeUploadExternal",
)
_TOKEN: Final = "xoxb-canary-5d1b7e"
_POST_EVERY_S: Final = 0.2
_ANSWER_S: Final = 20.0


class SlackThere:
    """`with SlackThere() as slack:` serves one workspace until the block ends."""

    def __enter__(self) -> SlackThere:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._listener.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_ANSWER_S)
        self._loop.close()

    @property
    def environ(self) -> dict[str, str]:
        """The inputs with which a launch posts here."""
        api = f"{self._stand_in.base_url}/api/"
        return {"SLACK_BOT_TOKEN": _TOKEN, "SLACK_API_URL": api, "SLACK_WEBHOOK_URL": self._stand_in.webhook_url}

    def ails(self, faults: Iterable[Fault], visible_after_s: float, refuses: str = "") -> None:
        """From now on these faults, in this order, and no others. `refuses` is `token_revoked`, or `is_archived` for
        the channel of the posts `two`; empty: whatever was refused is taken again."""

        async def change() -> None:
            self._stand_in.faults.clear()
            for fault in faults:
                self._stand_in.faults.queue(fault)
            self._stand_in.room.visible_after_s = visible_after_s
            self._stand_in.app.token_state = refuses if refuses == "token_revoked" else ""
            self._stand_in.room.channels[POSTS["two"]].archived = refuses == "is_archived"

        self._run(change())

    def is_down(self, down: bool) -> None:
        """Whether connections are refused."""
        self._run(self._listener.refuse() if down else self._listener.open())

    def says(self, channel: str, key: str) -> None:
        """Somebody else says something that carries our key."""
        self._run(self._said(channel, key))

    def meddle(self, what: str, keys: Collection[str]) -> None:
        """Somebody has the oldest of our untouched updates with one of these keys `edited` or `deleted`."""
        self._run(self._meddled_with(what, keys))

    def meddled(self, what: str) -> tuple[list[Message], list[Message]]:
        """Our updates that were `edited` or `deleted`: at once when they were accepted, and later."""
        touched = [one for one in self.updates() if (one.edited if what == "edited" else one.deleted)]
        at_once = [one for one in touched if one.ts not in self._later]
        return at_once, [one for one in touched if one.ts in self._later]

    def accepted(self) -> list[Received]:
        """Our updates in the order of their acceptance, as the oracle takes them."""
        return [received_of(one) for one in self.updates()]

    def updates(self) -> list[Message]:
        """The same as messages."""
        ours = [one for one in self.messages() if key_of(one) and "/" not in key_of(one)]
        return [one for one in ours if not is_status(one)]

    def statuses(self) -> Counter[str]:
        """How often each status message is there, by its key."""
        return Counter(key_of(one) for one in self.messages() if is_status(one))

    def hooked(self) -> list[tuple[Received, frozenset[str]]]:
        """The same for those that came by a webhook; each with the slots of which it says that they may have arrived
        before."""
        shown = [one for one in list(self._stand_in.room.messages) if one.bot_id == "B0HOOK"]
        return [_with_doubts(one) for one in shown]

    def messages(self) -> list[Message]:
        """All messages of ours in the order of their acceptance: updates, what they go on with, and files."""
        return [one for one in list(self._stand_in.room.messages) if one.bot_id == BOT_ID]

    def struck(self) -> Counter[str]:
        """How many posts and uploads a fault hit, how many of those were accepted, and how many pages were read."""
        attempts = list(self._stand_in.attempts)
        hit = [one for one in attempts if one.fault and one.method in _EFFECTS]
        pages = sum(one.method.startswith("conversations.") for one in attempts)
        return Counter({"faults": len(hit), "of them accepted": sum(one.applied for one in hit), "pages read": pages})

    def hits(self) -> Counter[str]:
        """How many `posts` (uploads too) and `look-ups` a fault has hit."""
        hit = [one.method for one in list(self._stand_in.attempts) if one.fault]
        look_ups = sum(method.startswith("conversations.") for method in hit)
        return Counter({"posts": sum(method in _EFFECTS for method in hit), "look-ups": look_ups})

    async def _open(self) -> None:
        clock = RealClock()
        self._later: set[str] = set()
        self._stand_in = SlackStandIn(clock, token=_TOKEN, webhook_secret="canary-hook")
        self._stand_in.methods.pace.post_s = _POST_EVERY_S
        self._listener = Listener(clock)
        self._listener.serve(self._stand_in)
        self._stand_in.base_url = self._listener.url
        await self._listener.open()

    async def _meddled_with(self, what: str, keys: Collection[str]) -> None:
        known = (one for one in self.updates() if key_of(one) in keys and not (one.edited or one.deleted))
        if message := next(known, None):
            self._later.add(message.ts)
            self._stand_in.room.meddle(message, what)

    async def _said(self, channel: str, key: str) -> None:
        self._stand_in.foreign(channel, "not ours", key)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_ANSWER_S)


@dataclass(frozen=True, slots=True)
class SlackBeats(Beats):
    """Beats of two channels of the Slack; some of their posts are threads, some stand alone."""

    channels: tuple[str, ...] = tuple(POSTS)
    keeps_status: str = ""
    """The channel that has the status message and the dead-man switch; empty: none has."""

    def text(self) -> str:
        """The playbook as YAML."""
        span = f"every: 1s, from: T+{self.first_s}s, until: T+{self.last_s}s"
        access = 'kind: slack, token: "${SLACK_BOT_TOKEN}", api: "${SLACK_API_URL}"'
        lines = ["warroom: 1", "launch: {id: soak, title: Soak}", 'templates: {beat: "beat {{ post.time }}"}']
        lines += ["inputs: {SLACK_BOT_TOKEN: {default: '', secret: true}, SLACK_API_URL: {default: ''}}", "channels:"]
        lines += [
            f"  {name}: {{{access}, channel: {to}, path: {name}.txt, settle: {SETTLE_S * 1000:g}ms, "
            f"live: {'true' if name == self.keeps_status else 'false'}}}"
            for name, to in POSTS.items()
        ]
        # A launch lasts as long as its phases.
        later = min(30, self.last_s - 1)
        lines += ["phases:", f"  early: {{title: Early, from: T+0, until: T+{later // 2}s}}"]
        lines += [f"  later: {{title: Later, from: T+{later}s, until: T+{self.last_s}s}}", "updates:"]
        lines += [f"  {n}: {{title: {n}, channel: {n}, template: beat, {span}}}" for n in self.channels]
        lines += [f"  once{s}: {{title: Once, channel: one, template: beat, at: T+{s}s}}" for s in self.once]
        return "\n".join(lines) + "\n"


class SlackYard(Yard):
    """A launch that posts to `slack`; its engines wait less long than real ones, see `tests.soak.slack_points`."""

    def __init__(self, folder: Path, beats: SlackBeats, t0: datetime, slack: SlackThere) -> None:
        super().__init__(folder, beats, t0, environ=slack.environ)
        self.slack = slack
        self.keeps_status = beats.keeps_status

    @property
    def post_every_s(self) -> float:
        """A channel takes no more messages."""
        return _POST_EVERY_S

    def popen(self, *options: str, fault: str = "", **more: Any) -> Any:
        """Starts an engine that is scaled, with a fault in it where one is named."""
        return super().popen(*options, fault=f"scaled;{fault}".rstrip(";"), **more)

    def known(self) -> set[str]:
        """The slots that were posted, named or refused for good so far."""
        return {slot for post in self.slack.accepted() for slot in (post.slot, *post.named)} | set(self.failed())

    def failed(self) -> Counter[str]:
        """How often the journal says of each slot that it is FAILED."""
        return failed(self.launch())


def key_of(message: Message) -> str:
    """The key in the metadata of a message; empty for one of a file."""
    return str(message.metadata.get("event_payload", {}).get("key", ""))


def is_status(message: Message) -> bool:
    """Whether it is the status message, or the word of the dead-man switch."""
    return slot_of(message).startswith(("live-", "deadman-"))


def slot_of(message: Message) -> str:
    """The slot of the update, followed by the number of the message where it is not the first."""
    return key_of(message).rpartition(":")[2]


def update_of(slot: str) -> str:
    """The id of the update that the slot belongs to."""
    return slot.partition("@")[0]


def received_of(message: Message) -> Received:
    """One of our updates as the oracle takes it."""
    return _received(message, slot_of(message))


def _foot_of(message: Message) -> tuple[str, str]:
    """The line below the text, and the slot that is named there."""
    foot = str(message.blocks[-1]["elements"][0]["text"])
    return foot, foot.rpartition(":")[2]


def _with_doubts(message: Message) -> tuple[Received, frozenset[str]]:
    foot, slot = _foot_of(message)
    post = _received(message, slot)
    named = re.search(r"of which (.+?) may have arrived", foot)
    doubted = {f"{update_of(slot)}@{time}" for time in (named[1].split(", ") if named else ())}
    # A first copy of it told of all that this one tells of.
    return post, frozenset({slot, *post.named} if "a first copy may have arrived" in foot else doubted)


def _received(message: Message, slot: str) -> Received:
    foot = str(message.blocks[-1]["elements"][0]["text"])
    times = re.search(r"stands for (.+?) too", foot)
    head = re.search(r"journal (\d+\.[0-9a-f]{12})", foot)
    update = update_of(slot)
    return Received(
        slot=slot,
        at=datetime.fromtimestamp(float(message.ts), UTC),
        late="LATE by" in foot,
        named=tuple(f"{update}@{time}" for time in times[1].split(", ")) if times else (),
        head=head[1] if head else "",
    )
