"""When updates are due: the slots of a launch, fixed by its playbook, and their instants, fixed by T0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from warroom.playbook.course import Course, Update
from warroom.units import format_offset


@dataclass(frozen=True, slots=True)
class Slot:
    """One post that is owed. `id` is `hourly@T+1h`, followed by `#2` when T0 has been scrubbed once, and so on.

    A `recurring` one may be named in a later post instead of being sent when its time was missed.
    """

    id: str
    update: str
    offset: timedelta
    recurring: bool

    def due(self, t0: datetime) -> datetime:
        """When it is due, UTC."""
        return t0.astimezone(UTC) + self.offset

    @property
    def time(self) -> str:
        """`T+1h`."""
        return format_offset(self.offset)


def slots(course: Course, attempt: int = 1) -> tuple[Slot, ...]:
    """Every slot of the launch, the earliest first; at the same time in the order of the playbook.

    `attempt` is 1 more than the number of times that T0 was scrubbed.
    """
    suffix = f"#{attempt}" if attempt > 1 else ""
    found = [
        Slot(f"{update.id}@{format_offset(offset)}{suffix}", update.id, offset, update.every is not None)
        for update in course.updates.values()
        for offset in _offsets(update)
    ]
    return tuple(sorted(found, key=lambda slot: slot.offset))


def _offsets(update: Update) -> Iterator[timedelta]:
    yield update.starts
    if update.every is None or update.ends is None:
        return
    for count in range(1, (update.ends - update.starts) // update.every + 1):
        yield update.starts + count * update.every


def last_offset(course: Course) -> timedelta | None:
    """When the launch is over, seen from T0: its last post or the end of its last phase. None: it has no end."""
    ends = [slot.offset for slot in slots(course)]
    ends += [phase.ends for phase in course.phases if phase.ends is not None]
    return max(ends, default=None)
