"""What can go wrong between an app and Slack: faults that are queued for the next requests of a method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

KINDS: Final[Mapping[str, str]] = {
    "reset": "the connection is reset instead of an answer",
    "close": "the connection is closed instead of an answer",
    "silent": "no answer ever comes",
    "cut": "the answer ends after `value` of its bytes (of all that go over the wire), then the connection closes",
    "status": "an answer with the status `value` and a page of HTML",
    "error": 'an answer 200 with {"ok": false, "error": `value`}',
    "body": "an answer 200 with `value` as its body",
    "limited": "429 with `value` as Retry-After; without the header where it is empty",
    "redirect": "302 to `value`",
}
CHANGES: Final = ("edited", "deleted")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault for `times` requests of a method (a pattern such as `chat.*`). `applied` says whether Slack did what
    it was asked for before it went wrong, `then` what somebody does at once to a message that was accepted so: it is
    `edited` or `deleted`. Empty: nothing.
    """

    method: str
    kind: str
    applied: bool = False
    value: str = ""
    times: int = 1
    then: str = ""


def fault_of(data: Mapping[str, Any]) -> Fault:
    """The fault that JSON describes. Raises ValueError for one that there is not."""
    unknown = set(data) - {"method", "kind", "applied", "value", "times", "then"}
    if unknown or data.get("kind") not in KINDS or not isinstance(data.get("method"), str):
        raise ValueError(f"a fault has a method and a kind, one of {', '.join(KINDS)}")
    if data.get("then", "") not in ("", *CHANGES):
        raise ValueError(f"what is done then to a message is one of {', '.join(CHANGES)}")
    value, times, then = str(data.get("value", "")), int(data.get("times", 1)), str(data.get("then", ""))
    return Fault(str(data["method"]), str(data["kind"]), bool(data.get("applied", False)), value, times, then)


class Faults:
    """The faults that are still to come, in the order in which they were queued."""

    def __init__(self) -> None:
        self._queued: list[list[Any]] = []

    def queue(self, fault: Fault) -> None:
        """Adds one."""
        self._queued.append([fault, fault.times])

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._queued.clear()

    def take(self, method: str) -> Fault | None:
        """The fault for this request; None: it goes well."""
        for waiting in self._queued:
            if fnmatchcase(method, waiting[0].method):
                waiting[1] -= 1
                if waiting[1] == 0:
                    self._queued.remove(waiting)
                fault: Fault = waiting[0]
                return fault
        return None
