"""HTTP/1.1 to a running engine over its Unix socket: one connection for one request, for programs that stay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import h11

from warroom.client.engine_socket import ANSWER_CAP, reachable

_PIECE: Final = 64 * 1024


class Wire:
    """A connection for one request; `status` is that of the answer, 0 before there is one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.status = 0
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)

    async def send(self, method: str, target: str, body: Mapping[str, Any] | None) -> None:
        """Sends the request and waits for the head of the answer. This and what follows raise OSError or
        h11.ProtocolError where nothing comes, or only a part."""
        raw = b"" if body is None else json.dumps(body).encode()
        headers = [("host", "engine"), ("connection", "close"), ("content-length", str(len(raw)))]
        request = h11.Request(method=method, target=target, headers=headers)
        for event in (request, h11.Data(data=raw), h11.EndOfMessage()):
            self._writer.write(self._http.send(event) or b"")
        await self._writer.drain()
        head = await self._next()
        if not isinstance(head, h11.Response):
            raise ConnectionResetError("the engine closed the connection")
        self.status = head.status_code

    async def piece(self) -> bytes:
        """What came of the answer's body; waits for it. Empty: that was all. Safe to cancel: nothing is lost."""
        event = await self._next()
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    async def rest(self) -> bytes:
        """The whole body."""
        whole = b""
        while piece := await self.piece():
            whole += piece
            if len(whole) > ANSWER_CAP:
                raise ConnectionAbortedError(f"the engine's answer has more than {ANSWER_CAP:,} bytes")
        return whole

    def close(self) -> None:
        """Whoever waits for something to come learns that nothing will."""
        self._writer.transport.abort()

    async def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._reader.read(_PIECE))
        return event


async def connected(folder: Path) -> Wire:
    """A connection to the engine in `folder`. Raises OSError where there is none."""
    with reachable(folder) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    return Wire(reader, writer)
