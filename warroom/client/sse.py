"""Server-sent events as they come in pieces of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """Entry `seq` of a journal; `data` is its JSON text."""

    seq: int
    kind: str
    data: bytes


class EventReader:
    """Takes pieces of a stream and gives the events that they complete. Comments are passed over."""

    def __init__(self) -> None:
        self._left = b""

    def feed(self, piece: bytes) -> list[Event]:
        """The events that `piece` completes, oldest first. Raises EOFError for what is no stream of entries."""
        *blocks, self._left = (self._left + piece).split(b"\n\n")
        if len(self._left) > _LONGEST:
            raise EOFError("an event without an end")
        return [event for block in blocks if (event := _event(block))]


def _event(block: bytes) -> Event | None:
    lines = [line.partition(b": ") for line in block.split(b"\n") if line and not line.startswith(b":")]
    fields = {name: value for name, _, value in lines}
    if not fields:
        return None
    number = fields.get(b"id", b"")
    if not number.isdigit():
        raise EOFError("an event without a number")
    return Event(int(number), fields.get(b"event", b"").decode("ascii", "replace"), fields.get(b"data", b""))
