"""A launch whose playbook posts elsewhere since: what belongs to a post stays with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.engine.stage import COURSE, Stage
from warroom.launch.standing import owed
from warroom.playbook.course import Channel, Course, Update
from warroom.playbook.template import parse_template
from warroom.updates.channel import Delivery, Fate, Post

MINUTE = timedelta(minutes=1)
SLOT = "told@T+5m"


@dataclass
class Threads:
    """A channel of that id that takes messages at once, and the rest of a long text as told."""

    id: str
    fate: Fate
    went_on: list[str] = field(default_factory=list)

    async def post(self, post: Post) -> Delivery:
        return Delivery(Fate.CONFIRMED, ref=f"{self.id}/1.1")

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        return None

    async def attach(self, ref: str, path: Path) -> Delivery:
        raise AssertionError("there is no file")

    async def go_on(self, ref: str, post: Post, *, again: bool) -> Delivery:
        assert ref.startswith(f"{self.id}/"), "it has the access of another channel"
        self.went_on.append(ref)
        return Delivery(self.fate, reason="Slack asks to wait")


def course(channel: str, *others: str) -> Course:
    told = Update("told", "Told", channel, parse_template("a long line\n" * 950), 5 * MINUTE)
    room = {name: Channel(name, "slack", threads=True) for name in (channel, *others)}
    return replace(COURSE, updates={"told": told}, phases=(), steps={}, channels={**COURSE.channels, **room})


@pytest.mark.parametrize(
    ("others", "stage_of_rest", "went_on", "said"),
    [
        pytest.param(("old",), "attached", ["C1/1.1"], "", id="into the old channel where that is still there"),
        pytest.param(
            (), "failed", [], "the playbook has no channel old any more", id="nowhere, and it is said once, else"
        ),
    ],
)
async def test_the_rest_of_a_text_goes_where_its_post_is(
    others: tuple[str, ...], stage_of_rest: str, went_on: list[str], said: str, tmp_path: Path
) -> None:
    before = Stage(tmp_path, course=course("old"))
    before.others = {"old": Threads("C1", Fate.NOT_SENT)}
    async with before.engine():
        await before.advance(6 * MINUTE)
    after, old, new = (
        Stage(tmp_path, course=course("new", *others)),
        Threads("C1", Fate.CONFIRMED),
        Threads("C2", Fate.CONFIRMED),
    )
    after.others = {"new": new, **({"old": old} if others else {})}
    after.clock.suspend(400)
    async with after.engine() as engine:
        await after.advance(2 * MINUTE)
        assert engine.state.files[SLOT, "rest"].stage == stage_of_rest
        assert (new.went_on, old.went_on) == ([], went_on)
        [post] = [one for one in owed(engine.state, after.clock.now()) if one.slot.id == SLOT]
        assert said in post.reason
