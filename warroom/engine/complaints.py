"""What does not work now: each thing is said once, and again only after it has worked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from warroom.engine.contained import contained, defect, ends_the_engine

JOURNAL: Final = "journal"
TICK: Final = "tick"


class Complaints:
    """Sentences for `say`, which must not wait; what it raises is contained."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = contained(say, lambda _: None)
        self._said: dict[str, str] = {}

    @property
    def can_write(self) -> bool:
        """Whether the journal took what was written last."""
        return JOURNAL not in self._said

    def failed(self, what: str, reason: str) -> None:
        """Says a reason once, however many effects fail for it, and again only after it has passed; empty: it has."""
        known = self._said.pop(what, "")
        if not reason:
            return
        if reason not in (known, *self._said.values()):
            self._say(f"{what}: {reason}" if what not in (JOURNAL, TICK) else reason)
        self._said[what] = reason

    def broke(self, what: str, error: BaseException) -> None:
        """One thing that breaks is no reason to leave the launch alone. Raises what is meant for the engine."""
        if ends_the_engine(error):
            raise error
        self.failed(what, defect(error))

    def written(self) -> None:
        """Something is on disk: only that shows that it can be."""
        if self._said.pop(JOURNAL, ""):
            self._say("the journal can be written again")
