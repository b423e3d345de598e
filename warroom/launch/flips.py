"""When the reading of a gate is news: what is journaled of it, and when people are told that it flipped."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from warroom.events import GateInfo
from warroom.launch.entries import Draft
from warroom.launch.happenings import GateKnown
from warroom.launch.state import CLEAR, LaunchState

QUIET_S: Final = 120.0
"""A gate that flips back within so many seconds is told about after them, if it is still so: it must not flood."""


def news(state: LaunchState, reading: GateInfo, now: datetime, by: str = "") -> tuple[Draft, ...]:
    """What to journal of a reading: the state where it has changed, and the flip where people are to be told of it.

    `by` names the person who states it, empty for one that was asked; what a person stated stands until they say
    otherwise. Empty where there is nothing new.
    """
    known = state.gates.get(reading.id)
    if known is not None and known.by and not by:
        return ()
    drafts = []
    if known is None or by or known.state != reading.state:
        drafts.append(_read(reading, by))
    if known is not None and _is_flip(known, reading.state, now, is_stated=bool(by)):
        flip = {"gate": reading.id, "from": known.told or known.state, "to": reading.state, "number": known.flips + 1}
        drafts.append(Draft("gate.flipped", flip, by or "engine"))
    return tuple(drafts)


def asked_again(gate: str, known: GateKnown | None, by: str) -> tuple[Draft, ...]:
    """What to journal when `by` wants a gate asked now. What a person had stated counts no more."""
    asked = Draft("gate.asked", {"gate": gate, "by": by}, by)
    if known is None or not known.by:
        return (asked,)
    body = {"gate": gate, "state": "unknown", "source": f"{by} wants it asked again", "reason": "not read yet"}
    return asked, Draft("gate.read", body, by)


def _read(reading: GateInfo, by: str) -> Draft:
    body = {"gate": reading.id, "state": reading.state, "source": reading.source, "reason": reading.reason}
    body |= {"since": reading.since} if reading.since else {}
    return Draft("gate.read", body | ({"by": by} if by else {}), by or "engine")


def _is_flip(known: GateKnown, to: str, now: datetime, *, is_stated: bool) -> bool:
    """A gate that was unknown so far and is green has flipped too: nothing was tolerated while it was not known."""
    if to not in CLEAR or to == known.told:
        return False
    if not known.told:
        return to == "green"
    since_s = (now - known.flipped_at).total_seconds() if known.flipped_at else -1.0
    return is_stated or not 0 <= since_s < QUIET_S
