"""What Slack shows of a launch beside its posts: one message that is edited in place, and a scheduled one that says
by itself that the engine is silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from warroom.playbook.course import Channel, Course

_STOPS_WITHIN: Final = timedelta(seconds=30)


class MessageStage(StrEnum):
    """Where the status message stands. `DUE`: nothing of it has been sent. `GONE`: it takes no more edits."""

    DUE = "due"
    POSTING = "posting"
    UNCLEAR = "unclear"
    POSTED = "posted"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class StatusMessage:
    """The status message of a launch, in the channel of that id. `number` counts, from 1, how often it was made anew.

    `place` is where the last attempt to post it went, empty where its channel does not say; `copy` and `path` are
    those of the playbook with which anything became of it last. `moves` is how many of those before it were left for
    another channel. `ref` is where it is, once posted, and `digest` that of the text it shows. `attempt` and `epoch`
    are those of the last attempt to post it, the next one leaves at `not_before` or later; `tried_at` is when the
    first one left, `absent_at` when a look-up did not find it. `failing_since` is since when it cannot be edited,
    for `reason`, which also says why it is not posted or gone. `at` is when it got where it stands.
    """

    number: int
    channel: str
    stage: MessageStage
    at: datetime
    key: str = ""
    place: str = ""
    copy: str = ""
    path: str = ""
    moves: int = 0
    ref: str = ""
    digest: str = ""
    attempt: int = 0
    epoch: int = 0
    tried_at: datetime | None = None
    absent_at: datetime | None = None
    not_before: datetime | None = None
    reason: str = ""
    failing_since: datetime | None = None


class AlarmStage(StrEnum):
    """Where a scheduled message stands. `LEAVING`: it was deleted or is not listed, and may be posted all the same.
    `FIRED`: it was posted."""

    ARMING = "arming"
    UNCLEAR = "unclear"
    ARMED = "armed"
    DISARMING = "disarming"
    LEAVING = "leaving"
    FIRED = "fired"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A scheduled message that is posted at `fires_at` unless it is deleted before. `since` is the sign of life that
    it counts from; `by` who had stopped the engine, empty where it is to say that the engine is silent.

    `place` is where it is scheduled, empty where its channel does not say. `copy` and `path` are those of the
    playbook that it was scheduled with: another one may have no access to that place. `id` is Slack's for it, empty
    while that is not known; `ref` is where it was posted. `epoch` is that of the engine that scheduled it, `at` when
    it got where it stands, `absent_at` when a list did not have it.
    """

    number: int
    key: str
    channel: str
    stage: AlarmStage
    since: datetime
    fires_at: datetime
    at: datetime
    epoch: int
    by: str = ""
    place: str = ""
    copy: str = ""
    path: str = ""
    id: str = ""
    ref: str = ""
    absent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeadMan:
    """The dead-man switch: the `alarms` that are or may be scheduled, or posted and not answered yet, by their
    numbers, oldest first. `last` is the highest number used. `failing_since`: since when none can be scheduled, for
    `reason`. `fired_at` is when one was posted last.
    """

    alarms: Mapping[int, Alarm] = field(default_factory=dict)
    last: int = 0
    reason: str = ""
    failing_since: datetime | None = None
    fired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stopping:
    """That `by` was about to stop the engine of that `epoch`, `at` that time."""

    by: str
    epoch: int
    at: datetime

    def means(self, epoch: int, now: datetime) -> bool:
        """Whether it says who stops the engine of `epoch` at `now`: one that went on for a while was not stopped."""
        return self.epoch == epoch and now - self.at <= _STOPS_WITHIN


def status_channel(course: Course) -> Channel | None:
    """The channel that has the status message and the dead-man switch: the first of the playbook with a bot token
    that may have them. None: there is none."""
    return next((one for one in course.channels.values() if one.threads and one.live), None)


def why_none(course: Course) -> str:
    """Why no channel of the playbook can have them."""
    channels = course.channels.values()
    if any(one.threads for one in channels):
        return "the playbook says `live: false`"
    if any(one.kind == "slack_webhook" for one in channels):
        return "a webhook can neither edit nor schedule a message; give a bot token"
    return "no channel of Slack with a bot token"
