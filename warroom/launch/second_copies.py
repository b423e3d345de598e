"""Which posts may stand in their channel twice, as the journal tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from warroom.launch.entries import Entry

KINDS: Final = frozenset(
    ("update.sending", "update.unknown", "update.absent", "update.due", "update.confirmed", "update.dead")
)
"""The kinds of entries that tell it."""


def second_copies(entries: Iterable[Entry]) -> tuple[str, ...]:
    """The slots whose post was sent again although nobody knew whether it had arrived, in the order in which that
    happened; empty: none was. Where it had arrived, both copies have the same id.

    `entries` are those of `KINDS`, oldest first.
    """
    under_way: dict[str, int] = {}
    doubtful: set[str] = set()
    found: dict[str, None] = {}
    for entry in entries:
        slot = str(entry.body.get("slot", ""))
        if entry.kind == "update.sending":
            found |= {slot: None} if slot in doubtful else {}
            under_way[slot] = entry.epoch
        elif entry.kind in ("update.unknown", "update.absent"):
            doubtful.add(slot)
        elif entry.kind == "update.due":
            # What an engine that died was sending is looked for by the next one.
            doubtful |= {slot} if entry.epoch > under_way.pop(slot, entry.epoch) else set()
        else:
            doubtful.discard(slot)
    return tuple(found)
