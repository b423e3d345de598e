"""A launch in the strict Slack on a virtual clock: engines that run, are stopped and are killed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.slack_here import channel_here, slack_here
from tests.engine.stage import COURSE, LAUNCH, Stage
from warroom.engine.engine import Engine, Pace
from warroom.journal.journal import Journal
from warroom.playbook.course import Channel, Course
from warroom.simulator.slack import Attempt
from warroom.simulator.slack_room import Message

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
IN_SLACK = replace(
    COURSE,
    channels={"file": Channel("file", "slack", "posts.txt", settle=MINUTE, threads=True)},
    updates={name: COURSE.updates[name] for name in ("published", "evidence", "hourly")},
)


SLOW = Pace(tick_s=15.0)


class SlackStage(Stage):
    """The launch of the stage, which posts to a Slack. `engine` is the one that runs."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, course: Course = IN_SLACK, **more: object) -> None:
        super().__init__(folder, course=course, **more)  # type: ignore[arg-type]
        self.slack = slack_here(self.clock, patch)
        self.channel = channel_here(self.slack, self.clock, heard=self.second.heard)

    @contextlib.asynccontextmanager
    async def living(self, *, stopped_by: str = "", pace: Pace = SLOW) -> AsyncIterator[Engine]:
        """A running engine; at the end it is stopped by somebody, or else killed."""
        with Journal.open(self.folder, LAUNCH, self.clock) as journal:
            engine, running = await self.begun(journal, pace)
            try:
                yield engine
            finally:
                if stopped_by:
                    engine.stop(stopped_by)
                else:
                    self.direct.broken = "the process is gone"
                    running.cancel()
                while not running.done():
                    await self.clock.advance(0.1)
                await asyncio.gather(running, return_exceptions=True)
                self.wakes.close()

    async def passes(self, span: timedelta, step_s: float = 15.0) -> None:
        """Lets `span` pass, some seconds at a time, so that whatever takes some turns is done by then."""
        for _ in range(int(span.total_seconds() / step_s)):
            await self.clock.advance(step_s)

    def messages(self, part: str = "") -> list[Message]:
        """What stands in the channel and has that part in its text or its key."""
        self.slack.to_json()
        shown = [one for one in self.slack.room.messages if not one.deleted]
        return [one for one in shown if part in f"{one.text} {key_of(one)}"]

    def calls(self, method: str) -> list[Attempt]:
        """The calls of a method that took effect, oldest first."""
        return [one for one in self.slack.attempts if one.method == method and one.applied]

    def pending(self) -> list[str]:
        """The keys of what is scheduled, the soonest first."""
        found = sorted(self.slack.to_json()["scheduled"], key=lambda one: one["post_at"])
        return [str(one["text"]).rpartition("\n")[2] for one in found]


def key_of(message: Message) -> str:
    """The key of a message of ours; empty where it has none."""
    payload = message.metadata.get("event_payload", {}) if message.metadata else {}
    return str(payload.get("key", ""))


def body_of(message: Message) -> str:
    """What the message shows."""
    return "\n".join(str(block["text"]["text"]) for block in message.blocks if block["type"] == "section")


def foot_of(message: Message) -> str:
    """The line below what it shows."""
    return str(message.blocks[-1]["elements"][0]["text"])
