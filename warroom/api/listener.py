"""The sockets of the API: a Unix socket that only its owner reaches, which knows who is at the other end, and TCP."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import struct
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from warroom.api.crowd import BACKLOG, PATIENCE_S, Crowd, CrowdedProtocol
from warroom.client.engine_socket import SOCKET_NAME, reachable
from warroom.errors import UsageError
from warroom.text import clean

PEER_UID: Final = "uid"
_STOP_S: Final = 2.0
_HEAD_CAP: Final = 32 * 1024


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address and a port of this machine."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def names(self) -> tuple[str, ...]:
        """What the header Host may say."""
        return (str(self), f"localhost:{self.port}") if self.is_loopback else (str(self),)


def address_of(text: str) -> Address:
    """The address that `127.0.0.1:8765` or `[::1]:8765` names. Raises UsageError for anything else."""
    host, _, port = text.rpartition(":")
    try:
        ip = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        if not (port.isascii() and port.isdecimal() and int(port) < 65_536) or ip.is_unspecified:
            raise ValueError
    except ValueError:
        raise UsageError(
            f"--listen takes one address of this machine and a port, not '{clean(text, limit=80)}'",
            hint="for example 127.0.0.1:8765",
        ) from None
    return Address(str(ip), int(port))


Application = ASGIApp
"""What answers requests."""


class _Protocol(H11Protocol):
    """Says in the scope's `client` which user connected: the kernel vouches for it, nothing in the request can."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.client = (PEER_UID, _peer_uid(transport.get_extra_info("socket")))


class _Server:
    """Serves an application until it is closed.

    It drives uvicorn's protocol itself instead of `uvicorn.Server`, which makes its socket open to everyone,
    installs signal handlers of its own and waits without end for an event stream.
    """

    def __init__(self, app: ASGIApp, protocol: Callable[[uvicorn.Config, ServerState], H11Protocol]) -> None:
        self._kind = protocol
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

    async def close(self) -> None:
        """Ends the server and every connection, within some two seconds. Idempotent."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(set(self._state.tasks), timeout=_STOP_S)
        for task in self._state.tasks:
            task.cancel()
        for connection in list(self._state.connections):
            connection.transport.abort()

    def _protocol(self) -> H11Protocol:
        return self._kind(self._config, self._state)


class Listener(_Server):
    """Serves `app` on `<folder>/engine.sock`, mode 0600, until it is closed."""

    def __init__(self, folder: Path, app: ASGIApp) -> None:
        super().__init__(app, lambda config, state: _Protocol(config, state, {}))
        self._folder = folder

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
        # On a disk that has become read-only it stays; the next engine replaces it.
        with contextlib.suppress(OSError):
            if self._server is not None:
                (self._folder / SOCKET_NAME).unlink()
        await super().close()


class TcpListener(_Server):
    """Serves what `app_at` makes of the hosts that requests may name, on an address of this machine."""

    def __init__(
        self, address: Address, app_at: Callable[[Collection[str]], ASGIApp], patience_s: float = PATIENCE_S
    ) -> None:
        self.crowd: Final = Crowd(patience_s)
        self._address = address
        self._app_at = app_at
        self._server = None

    async def open(self) -> Address:
        """Accepts connections; the address with its real port. Raises UsageError where it cannot be used."""
        family = socket.AF_INET6 if ":" in self._address.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((self._address.host, self._address.port))
        except OSError as error:
            sock.close()
            raise UsageError(
                f"--listen {self._address}: {error.strerror}", hint="name another port, or 0 for a free one"
            ) from error
        sock.setblocking(False)
        real = replace(self._address, port=int(sock.getsockname()[1]))
        super().__init__(self._app_at(real.names), lambda config, state: CrowdedProtocol(config, state, self.crowd))
        self._server = await asyncio.get_running_loop().create_server(self._protocol, sock=sock, backlog=BACKLOG)
        return real


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
