"""A loopback port that can be opened and closed again, and an HTTP server on it."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from warroom.clock import Clock

_STOP_S = 1.0


RECEIVED = "warroom.received_s"
TRANSPORT = "warroom.transport"


class _Protocol(H11Protocol):
    """Notes when each request's bytes came, so that a log need not start after they were parsed."""

    def __init__(self, config: uvicorn.Config, state: ServerState, clock: Clock) -> None:
        super().__init__(config, state, {})
        self._clock = clock

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state[TRANSPORT] = transport

    def data_received(self, data: bytes) -> None:
        self.app_state[RECEIVED] = self._clock.monotonic()
        super().data_received(data)


class Listener:
    """Owns a port of 127.0.0.1 from its first moment: while it is closed, connections to the port are refused.

    It drives uvicorn's protocol itself instead of `uvicorn.Server`: that one polls ten times a second, takes 0.2 s
    to stop and installs signal handlers. Applications find the `clock`'s seconds at which the last bytes of a
    request's head came under `RECEIVED` in the state of their scope, the connection's transport under `TRANSPORT`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._socket = _bound(0)
        self._port: int = self._socket.getsockname()[1]
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    def serve(self, app: ASGIApp) -> None:
        """Answer with `app`, once it is open."""
        self._config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
        )
        self._config.load()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._port}"

    async def open(self) -> None:
        """Accept connections. Does nothing when it is open."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._protocol, sock=self._socket, backlog=256)

    async def refuse(self) -> None:
        """Close the port and cut every connection, but keep the port: `open` brings it back. Idempotent."""
        if self._server is not None:
            await self._cut(self._server)
            self._server = None
            self._socket = _bound(self._port)

    async def close(self) -> None:
        """Give the port up; requests that are still in hand are abandoned."""
        if self._server is not None:
            await self._cut(self._server)
            self._server = None
        self._socket.close()

    def _protocol(self) -> H11Protocol:
        return _Protocol(self._config, self._state, self._clock)

    async def _cut(self, server: asyncio.Server) -> None:
        server.close()
        for connection in list(self._state.connections):
            connection.transport.abort()
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn
        if self._state.tasks:
            _, late = await asyncio.wait(set(self._state.tasks), timeout=_STOP_S)
            for task in late:
                task.cancel()


def _bound(port: int) -> socket.socket:
    """A socket bound to the port, which does not listen yet."""
    # With protocol 0 asyncio would not set TCP_NODELAY on its connections: each answer would wait 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
    else:
        # A free port is asked for without the option, so that nobody else's port is shared; taking the port again
        # needs it on the connections that linger from the first time.
        sock.bind(("127.0.0.1", 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setblocking(False)
    return sock
