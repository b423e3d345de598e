"""What the console's workers tell its screens; a worker never touches a widget."""

from __future__ import annotations

from datetime import datetime

from textual.message import Message

from warroom.client import Seen
from warroom.errors import WarroomError
from warroom.events import Envelope
from warroom.text import one_line


class Arrived(Message):
    """An event came."""

    def __init__(self, envelope: Envelope) -> None:
        super().__init__()
        self.envelope = envelope


class Lost(Message):
    """No more events will come."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class News(Message):
    """A launch was told anew, or its engine answers no longer: at `at`, by this console's clock."""

    def __init__(self, seen: Seen, at: datetime) -> None:
        super().__init__()
        self.seen, self.at = seen, at


class Said(Message):
    """A request was taken or refused."""

    def __init__(self, text: str, *, is_refusal: bool = False) -> None:
        super().__init__()
        self.text, self.is_refusal = text, is_refusal


def sentence(fault: Exception) -> str:
    """A fault for a person, on one line: without a trace, and without values of variables."""
    if isinstance(fault, WarroomError):
        return one_line(f"{fault.message}; {fault.hint}" if fault.hint else fault.message, limit=300)
    return one_line(f"{type(fault).__name__}: {fault}", limit=300)
