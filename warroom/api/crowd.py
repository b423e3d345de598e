"""The connections over TCP: few, each with a deadline, so that nobody can use up the engine's descriptors."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Final

from starlette.responses import JSONResponse
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

MOST: Final = 64
MOST_OF_ONE: Final = 16
"""Connections in all, and from one address."""
PATIENCE_S: Final = 5.0
"""How long a connection may be idle, and how long a request may take to come, in seconds."""
BACKLOG: Final = 16
"""How many the system keeps waiting, and how many are accepted before the first one is looked at."""

_BUSY: Final = JSONResponse(
    {"error": "too many requests are being answered", "hint": "end some, or ask again"},
    503,
    {"connection": "close"},
)


class Crowd:
    """Who is connected, the oldest first."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self.patience_s = patience_s
        self._members: list[CrowdedProtocol] = []

    def room_for(self, newest: CrowdedProtocol) -> bool:
        """Takes it in; False where all that are there are being answered. The oldest that is not has to go for it."""
        same = [member for member in self._members if member.host == newest.host]
        is_full = len(same) >= MOST_OF_ONE or len(self._members) >= MOST
        if is_full:
            those = same if len(same) >= MOST_OF_ONE else self._members
            idle = next((member for member in those if not member.is_answering), None)
            if idle:
                idle.end()
                is_full = False
        self._members.append(newest)
        return not is_full

    def leave(self, member: CrowdedProtocol) -> None:
        """It is gone. Idempotent."""
        if member in self._members:
            self._members.remove(member)

    def sizes(self) -> Counter[str]:
        """How many connections there are from each address."""
        return Counter(member.host for member in self._members)


class CrowdedProtocol(H11Protocol):
    """One connection; ended without a word where no whole request comes in time."""

    def __init__(self, config: Config, state: ServerState, crowd: Crowd) -> None:
        super().__init__(config, state, {})
        self._crowd = crowd
        self._deadline: asyncio.TimerHandle | None = None
        self._is_receiving = False
        self.host = ""

    @property
    def is_answering(self) -> bool:
        """Whether the head of a request came and its answer is not complete."""
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.host = self.client[0] if self.client else ""
        if not self._crowd.room_for(self):
            self.app = _BUSY
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.leave(self)
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if not self._is_receiving and not self.is_answering:
            self._is_receiving = True
            self._arm()
        super().data_received(data)

    def on_response_complete(self) -> None:
        self._is_receiving = False
        if not self.transport.is_closing():
            self._arm()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """As uvicorn's, in JSON."""
        body = json.dumps({"error": msg, "hint": ""}).encode()
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(f"{head}connection: close\r\n\r\n".encode() + body)
        self.transport.close()

    def end(self) -> None:
        """Ends it at once."""
        self._crowd.leave(self)
        self._disarm()
        self.transport.abort()

    def _arm(self) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(self._crowd.patience_s, self._late)

    def _disarm(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        if not self.is_answering or self.cycle.more_body:
            self.end()
