"""Which head of the journal a post should name, as the journal tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from warroom.launch.entries import Entry

KINDS: Final = frozenset(("update.sending", "update.confirmed"))
"""The kinds of entries that tell it."""


@dataclass(frozen=True, slots=True)
class LastPost:
    """A post that stands at `ref` in its channel, and the `head` in the line below it, such as `42.9f86d081884c`."""

    slot: str
    ref: str
    head: str


def last_post(entries: Iterable[Entry]) -> LastPost | None:
    """The last post that was sent once and arrived; None: there is none.

    Of one that was sent more than once nobody knows which copy stands there. `entries` are those of `KINDS`, oldest
    first.
    """
    heads: dict[str, list[str]] = {}
    found = None
    for entry in entries:
        slot = str(entry.body.get("slot", ""))
        if entry.kind == "update.sending":
            heads.setdefault(slot, []).append(entry.head.short)
        elif len(named := heads.get(slot, [])) == 1 and (ref := str(entry.body.get("ref", ""))):
            found = LastPost(slot, ref, named[0])
    return found
