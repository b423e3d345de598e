"""The dead-man switch over days in which its engine dies and Slack's answers are lost: when a message comes, and when
none may."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from tests.launch.course import T0, after
from tests.launch.in_slack import HOUR, MINUTE, SECOND, SILENT, in_slack, journaled
from warroom.engine import status_drafts as drafts
from warroom.engine.status import StatusPace
from warroom.launch.dead_man import Answer, Arm, Disarm, LookFor, Sweep, SwitchDecision, rests_at_most, switch_owed
from warroom.launch.entries import Draft
from warroom.launch.state import LaunchState
from warroom.updates.channel import Delivery, Fate

STEP = 5 * SECOND
SETTLED = 7 * MINUTE
"""An engine that has run so long has deleted what the last one left, if that could be."""


@dataclass
class Room:
    """What Slack keeps and posts; it carries a deletion out only where there are five minutes left."""

    scheduled: dict[str, datetime] = field(default_factory=dict)
    unlisted: dict[str, datetime] = field(default_factory=dict)
    posted: dict[str, datetime] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    def passes(self, now: datetime) -> None:
        for kept in (self.scheduled, self.unlisted):
            for key in [key for key, at in kept.items() if at <= now]:
                self.posted[key] = kept.pop(key)

    def delete(self, key: str, now: datetime) -> None:
        at = self.scheduled.get(key)
        if at is None or at - now < MINUTE:
            return
        del self.scheduled[key]
        if at - now < 5 * MINUTE:
            self.unlisted[key] = at


class Voyage:
    """Engines that live and die, and a Slack that fails. `fails` is how often a call goes wrong."""

    def __init__(self, seed: int, fails: float) -> None:
        self.dice = random.Random(seed)
        self.fails = fails
        self.room = Room()
        self.now = T0
        self.state: LaunchState = in_slack()
        self.epoch = 1
        self.alive_since: datetime | None = T0
        self.deaths: list[tuple[datetime, datetime]] = []
        self.rests: dict[type, datetime] = {}
        self.failures: dict[type, int] = {}
        self.most = 0

    def lives(self, span: timedelta) -> None:
        end = self.now + span
        while self.now < end:
            self._act()
            self.now += STEP
            self._look()

    def is_dead(self, span: timedelta) -> None:
        died, self.alive_since = self.now, None
        self.now += span
        self.room.passes(self.now)
        self.deaths.append((died, self.now))
        self.epoch += 1
        self.state = after(self.state, "owner.acquired", self.now, self.epoch, epoch=self.epoch, pid=1)
        self.alive_since = self.now
        self.rests, self.failures = {}, {}

    def _look(self) -> None:
        before = set(self.room.posted)
        self.room.passes(self.now)
        assert self.alive_since is not None
        for key in set(self.room.posted) - before:
            assert self.now - self.alive_since < SETTLED, f"{key} comes although an engine lives"
        self.most = max(self.most, len(self.room.scheduled))

    def _act(self) -> None:
        may = [one for one in switch_owed(self.state, self.now) if self.rests.get(type(one), T0) <= self.now]
        if not may:
            return
        fate = Fate.CONFIRMED
        if self.dice.random() < self.fails:
            fate = self.dice.choice([Fate.UNKNOWN, Fate.UNKNOWN, Fate.NOT_SENT])
        self._perform(may[0], fate)
        self._rest(may[0], fate)

    def _rest(self, decision: SwitchDecision, fate: Fate) -> None:
        """What failed rests as it does in an engine."""
        kind = type(decision)
        self.failures[kind] = 0 if fate is Fate.CONFIRMED else self.failures.get(kind, 0) + 1
        if self.failures[kind]:
            most = rests_at_most(self.state, decision, self.now)
            rest_s = StatusPace().rest_after(self.failures[kind], Delivery(fate), most)
            self.rests[kind] = self.now + rest_s * SECOND

    def _perform(self, decision: SwitchDecision, fate: Fate) -> None:
        delivery = Delivery(fate, reason="" if fate is Fate.CONFIRMED else "it broke")
        has_it = fate is Fate.CONFIRMED or (fate is Fate.UNKNOWN and self.dice.random() < 0.5)
        match decision:
            case Arm():
                self._write(drafts.arming(decision))
                if has_it:
                    self.room.scheduled[decision.key] = decision.fires_at
                ref = f"Q:{decision.key}" if fate is Fate.CONFIRMED else ""
                self._write(drafts.armed(decision, Delivery(fate, ref=ref, reason=delivery.reason)))
            case Disarm(alarm):
                self._write(drafts.disarming(alarm))
                if has_it:
                    self.room.delete(alarm.key, self.now)
                self._write(drafts.disarmed(alarm, delivery, self.now))
            case Sweep() if fate is Fate.CONFIRMED:
                listed = {key: f"Q:{key}" for key in self.room.scheduled}
                self._write(*(drafts.listed(one, listed.get(one.key)) for one in decision.alarms))
            case LookFor(alarm) if fate is Fate.CONFIRMED:
                is_there = alarm.key in self.room.posted
                self._write(drafts.looked_for(alarm, f"C1/{alarm.key}" if is_there else None))
            case Answer(alarm):
                self.room.answered |= {alarm.key} if has_it else set()
                self._write(drafts.answering(alarm), *drafts.answered(alarm, delivery))
            case _:
                pass

    def _write(self, *written: Draft) -> None:
        self.state = journaled(self.state, self.now, *written, epoch=self.epoch)


@pytest.mark.parametrize("fails", [0.0, 0.3, 0.5], ids=["nothing fails", "a third fails", "half fails"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_dead_engine_is_told_of_and_a_living_one_never(seed: int, fails: float) -> None:
    voyage = Voyage(seed, fails)
    for _ in range(12):
        voyage.lives(voyage.dice.choice([20 * SECOND, 3 * MINUTE, HOUR]))
        voyage.is_dead(voyage.dice.choice([2 * SECOND, 6 * MINUTE, 12 * MINUTE, HOUR]))
    voyage.lives(2 * HOUR)
    for died, again in voyage.deaths:
        came = [at for at in voyage.room.posted.values() if died < at <= again]
        if again - died > SILENT:
            assert came, f"nothing came after {died}"
        assert len(came) <= 3, "the last one, and what could not be deleted before"
    assert set(voyage.room.posted) == voyage.room.answered, "each that came says in the end that an engine runs"
    assert len(voyage.room.scheduled) == 1
    assert voyage.room.unlisted == {}
    assert fails or voyage.most == 2, "never more than the one that stays and the one that goes"
