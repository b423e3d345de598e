"""Points of an action, from what starts it to its end, at which an engine can be killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from warroom.engine.acting import _Deed
from warroom.launch.outcomes import Answer, Found
from warroom.launch.procedures import MAY_BE_SENT, Before

POINTS: Final = (
    "before it is started",
    "before the intent",
    "after the intent",
    "in the middle of the set",
    "after the set was sent",
    "after the answer to the set",
    "before the read-back",
    "after the read-back",
    "before it is done",
    "after it is done",
    "before it is over",
)
"""In the order in which an engine passes them."""

BEFORE: Final = {
    "procedure.started": "before it is started",
    "procedure.step_requested": "before the intent",
    "procedure.step_verified": "before it is done",
    "procedure.finished": "before it is over",
}
AFTER: Final = {"procedure.step_requested": "after the intent", "procedure.step_verified": "after it is done"}
_SETS: Final = (b"PUT ", b"POST ")


def install(cross: Callable[[str], None]) -> None:
    """Has `cross` called at each point but those of the journal."""
    from warroom.adapters import http_wire

    send, look, write = _Deed._send, _Deed._look, http_wire._Stream.write
    begun: set[int] = set()

    async def sent(self: _Deed) -> Answer:
        answer = await send(self)
        cross("after the answer to the set")
        return answer

    async def looked(self: _Deed, before: Before | None) -> Found:
        is_read_back = self._stage in MAY_BE_SENT
        cross("before the read-back" if is_read_back else "")
        found = await look(self, before)
        cross("after the read-back" if is_read_back else "")
        return found

    async def written(self: Any, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        # The head of a request is written by itself, then its body.
        await write(self, buffer, timeout)
        if buffer.startswith(_SETS):
            begun.add(id(self))
            cross("in the middle of the set")
        elif buffer and id(self) in begun:
            begun.discard(id(self))
            cross("after the set was sent")

    _Deed._send = sent  # type: ignore[method-assign]
    _Deed._look = looked  # type: ignore[method-assign]
    http_wire._Stream.write = written  # type: ignore[method-assign]
