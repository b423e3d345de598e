"""A server that does as a script says, byte by byte, and keeps what it was sent."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from warroom.clock import RealClock

_TICK_S = 0.01
_CLOCK = RealClock()


class Gone(Exception):
    """The other side closed the connection."""


@dataclass(slots=True)
class Peer:
    """The server's end of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    log: list[bytes]

    async def request(self) -> bytes:
        """The next request, head and body. Raises Gone when there is none."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Gone from None
        length = next(
            (
                int(line.partition(b":")[2])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ),
            0,
        )
        whole = head + await self.reader.readexactly(length)
        self.log.append(whole)
        return whole

    async def send(self, raw: bytes) -> None:
        """Raises Gone when nobody reads any more."""
        if self.writer.is_closing():
            raise Gone
        try:
            self.writer.write(raw)
            await self.writer.drain()
        except ConnectionError:
            raise Gone from None

    async def drip(self, raw: bytes) -> None:
        """One byte a tick."""
        for byte in raw:
            await self.send(bytes([byte]))
            await _CLOCK.sleep(_TICK_S)

    async def until_closed(self) -> None:
        """Wait until the other side has closed."""
        with contextlib.suppress(ConnectionError):
            await self.reader.read()

    def reset(self) -> None:
        """Close with a reset instead of an end."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[Peer], Awaitable[None]]


@dataclass(slots=True)
class FaultServer:
    """`requests` holds what arrived, in order; `connections` counts."""

    script: Script
    port: int = 0
    scheme: str = "http"
    host: str = "127.0.0.1"
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Its address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        try:
            await self.script(Peer(reader, writer, self.requests))
        except (Gone, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(
    script: Script, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[FaultServer]:
    """A server on a free loopback port for the time of the block."""
    fault = FaultServer(script, scheme="https" if context else "http", host=host)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(fault.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, host, 0, ssl=context)
    fault.port = server.sockets[0].getsockname()[1]
    try:
        yield fault
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answer(
    body: bytes = b"{}", *headers: str, status: str = "200 OK", length: int | None = None, version: str = "1.1"
) -> bytes:
    """A whole response; `length` is what its Content-Length says, where it is not the body's."""
    lines = [
        f"HTTP/{version} {status}",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + body


def always(raw: bytes, *, then_close: bool = False) -> Script:
    """Answers every request with `raw`."""

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(raw)
            if then_close:
                return

    return script
