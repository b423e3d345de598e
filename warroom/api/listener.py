"""A Unix socket that only its owner can reach, and an HTTP server on it that knows who is at the other end."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from warroom.client.engine_socket import SOCKET_NAME, reachable
from warroom.errors import UsageError

PEER_UID: Final = "uid"
_STOP_S: Final = 2.0
_HEAD_CAP: Final = 32 * 1024


class _Protocol(H11Protocol):
    """Says in the scope's `client` which user connected: the kernel vouches for it, nothing in the request can."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.client = (PEER_UID, _peer_uid(transport.get_extra_info("socket")))


class Listener:
    """Serves `app` on `<folder>/engine.sock`, mode 0600, until it is closed.

    It drives uvicorn's protocol itself instead of `uvicorn.Server`, which makes its socket open to everyone,
    installs signal handlers of its own and waits without end for an event stream.
    """

    def __init__(self, folder: Path, app: ASGIApp) -> None:
        self._folder = folder
        self._state = ServerState()
        self._server: asyncio.Server | None = None
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
            h11_max_incomplete_event_size=_HEAD_CAP,
        )
        self._config.load()

    async def open(self) -> None:
        """Accepts connections. Raises UsageError where the socket cannot be made."""
        try:
            sock = _bound(self._folder)
        except OSError as error:
            raise UsageError(f"the engine's socket cannot be made in {self._folder}: {error.strerror}") from error
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._protocol, sock=sock)

    async def close(self) -> None:
        """Ends the server and every connection, within some two seconds, and removes the socket. Idempotent."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        (self._folder / SOCKET_NAME).unlink(missing_ok=True)
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(set(self._state.tasks), timeout=_STOP_S)
        for task in self._state.tasks:
            task.cancel()
        for connection in list(self._state.connections):
            connection.transport.abort()

    def _protocol(self) -> H11Protocol:
        return _Protocol(self._config, self._state, {})


def _bound(folder: Path) -> socket.socket:
    # The owner's lock says that no other engine is alive, so what is left of the last one may go.
    (folder / SOCKET_NAME).unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old = os.umask(0o177)
    try:
        with reachable(folder) as address:
            sock.bind(address)
    except OSError:
        sock.close()
        raise
    finally:
        os.umask(old)
    sock.setblocking(False)
    return sock


def _peer_uid(sock: socket.socket) -> int:
    """The user id of the process at the other end; -1 where the system does not say."""
    if hasattr(socket, "SO_PEERCRED"):
        _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return int(uid)
    return -1
