"""The only module that touches httpx and httpcore. Imported with the first request, as they take 100 ms to load.

httpx's own look-up of names shares six threads with everything else in the process, and does not tell which address
it connects to; the network backend here does both differently.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from warroom.adapters.denied import is_denied
from warroom.adapters.http_fault import AddressDenied, LookupFailed

# httpx has a command line of its own and goes on without it. It loads click, rich and pygments, which takes 25 ms.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
import httpx  # noqa: E402

if importlib.util.find_spec("sniffio") is None:
    # httpcore asks for it four times a request, and each search in vain goes through all folders of packages.
    sys.modules["sniffio"] = None  # type: ignore[assignment]

Resolve = Callable[[str, int], list[str]]

# How long one of several addresses is tried before the next: long enough for another continent.
_EACH_ADDRESS_S = 2.0


def look_up(host: str, port: int) -> list[str]:
    """The numeric addresses of `host`, in the order the system prefers. Blocks. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Resolver:
    """Looks up the names of one target in a thread of its own, one look-up of a name at a time."""

    def __init__(self, resolve: Resolve = look_up) -> None:
        self._resolve = resolve
        self._under_way: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    def is_waiting(self, host: str) -> bool:
        """Whether a look-up of `host` is under way."""
        return any(name == host for name, _ in self._under_way)

    async def addresses(self, host: str, port: int) -> list[str]:
        """Raises OSError. A caller that gives up leaves the look-up to others who wait for it."""
        key = (host, port)
        if key not in self._under_way:
            self._start(key)
        return await asyncio.shield(self._under_way[key])

    def _start(self, key: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[str]] = loop.create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._under_way[key] = future

        def finish(found: list[str] | None, error: OSError | None) -> None:
            self._under_way.pop(key, None)
            if not future.done():
                future.set_exception(error) if error else future.set_result(found or [])

        def work() -> None:
            try:
                found, error = self._resolve(*key), None
            except (OSError, UnicodeError) as failure:
                found, error = None, LookupFailed(str(failure))
            # The program may have ended before the look-up did.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(finish, found, error)

        # A daemon: a look-up that hangs must not keep the program from ending.
        threading.Thread(target=work, name=f"resolve {key[0]}"[:15], daemon=True).start()


class Backend(httpcore.AsyncNetworkBackend):
    """Connects to the addresses of a name in turn, none of them a denied one. `last_address` is the latest tried."""

    def __init__(self, resolver: Resolver, *, allow_link_local: bool) -> None:
        self._tcp = httpcore.AnyIOBackend()
        self._resolver = resolver
        self._allow_link_local = allow_link_local
        self.last_address = ""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._resolver.addresses(host, port)
            self._check(host, addresses)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        *first, last = addresses
        for address in first:
            try:
                async with asyncio.timeout(_EACH_ADDRESS_S):
                    return await self._connect(address, port, socket_options)
            except (httpcore.ConnectError, TimeoutError):
                continue
        return await self._connect(last, port, socket_options)

    async def _connect(self, address: str, port: int, options: Iterable[Any] | None) -> httpcore.AsyncNetworkStream:
        self.last_address = address
        return _Stream(await self._tcp.connect_tcp(address, port, socket_options=options))

    def _check(self, host: str, addresses: list[str]) -> None:
        if not addresses:
            raise LookupFailed(f"{host} has no address")
        denied = next((address for address in addresses if is_denied(address)), None)
        if denied and not self._allow_link_local:
            raise AddressDenied(denied)


class _Stream(httpcore.AsyncNetworkStream):
    """A connection before TLS. httpcore forgets to close it when it is cancelled in the middle of the handshake."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except asyncio.CancelledError:
            await self._inner.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Transport(httpx.AsyncHTTPTransport):
    """httpx's transport over the backend above. One connection is one request at a time; all of them are kept."""

    def __init__(self, backend: Backend, context: ssl.SSLContext, connections: int, proxy: str) -> None:
        quiet()
        super().__init__(
            verify=context,
            trust_env=False,
            proxy=proxy or None,
            # Servers close idle connections after 5 s or more; one that is about to be closed is not worth keeping.
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=4.0
            ),
        )
        # httpx has no parameter for it, and it is the same attribute in every 1.x of httpcore.
        self._pool._network_backend = backend
        self._backend = backend

    @property
    def last_address(self) -> str:
        """The numeric address that was tried last; empty before the first."""
        return self._backend.last_address


def quiet() -> None:
    """Keep httpx and httpcore from logging addresses and headers, whatever level the program logs at."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
