"""What waits for a disk does so in threads, and is done to the end before a launch is given free."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

from warroom.engine.threaded import ThreadedChannel
from warroom.updates.channel import Delivery, Fate, Post

SINCE = datetime(2025, 11, 1, tzinfo=UTC)


@dataclass
class Slow:
    """A channel whose disk takes as long as the test wants."""

    begun: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    posted: list[str] = field(default_factory=list)
    name: str = "posts.txt"

    def append(self, post: Post) -> Delivery:
        self.begun.set()
        assert self.go_on.wait(30)
        self.posted.append(post.key)
        return Delivery(Fate.CONFIRMED, ref="here")

    def place(self, key: str) -> str | None:
        return "here" if key in self.posted else None


async def test_the_loop_goes_round_while_a_disk_takes_its_time() -> None:
    slow = Slow()
    channel = ThreadedChannel(slow)
    posting = asyncio.ensure_future(channel.post(Post("one", "text")))
    assert await asyncio.to_thread(slow.begun.wait, 30)
    looking = asyncio.ensure_future(channel.find("one", SINCE))
    assert not posting.done()
    slow.go_on.set()
    assert (await posting).fate is Fate.CONFIRMED
    assert await looking == "here", "it is looked for after what is being posted"
    channel.close()


async def test_a_post_that_nobody_waits_for_any_more_is_written_before_it_is_closed_and_no_other_begins() -> None:
    slow = Slow()
    channel = ThreadedChannel(slow)
    posting = asyncio.ensure_future(channel.post(Post("one", "text")))
    assert await asyncio.to_thread(slow.begun.wait, 30)
    waiting = asyncio.ensure_future(channel.post(Post("two", "text")))
    await asyncio.sleep(0)
    for task in (posting, waiting):
        task.cancel()
    closing = asyncio.ensure_future(asyncio.to_thread(channel.close))
    await asyncio.wait((posting, waiting))
    assert not closing.done()
    slow.go_on.set()
    await closing
    assert slow.posted == ["one"]
