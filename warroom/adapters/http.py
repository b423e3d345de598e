"""Requests to the services under launch, with the product's defaults: one deadline for the whole exchange, a cap on
the body, no redirects, verified TLS, nothing taken from the environment, and a sentence for everything that fails."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from warroom.adapters.http_body import MAX_BYTES, BodyError, BodyReader
from warroom.adapters.http_curl import curl_line
from warroom.adapters.http_fault import NotSent, Progress, broken, not_connected, timed_out, tls_error
from warroom.adapters.http_request import (
    Address,
    Headers,
    address_of,
    headers_of,
    is_idempotent,
    proxy_of,
    usable,
    who,
)
from warroom.adapters.own_machine import is_elsewhere
from warroom.adapters.tls import TlsSetting, days_left, make_context, why_refused
from warroom.clock import Clock
from warroom.contract import Exchange, Request, Response
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target
from warroom.text import clean, clean_bytes

if TYPE_CHECKING:
    import httpx

    from warroom.adapters.http_wire import Resolver, Transport

Recorder = Callable[[Exchange], str]
Resolve = Callable[[str, int], list[str]]
Heard = Callable[[str, datetime], object]
Warn = Callable[[str], object]

_HEADER_LIMIT = 32_768
_EXPIRES_SOON_DAYS = 21
_PAUSE_S = 0.25


@dataclass(slots=True)
class _Route:
    """What requests to one target share."""

    target: Target
    slots: asyncio.Semaphore
    resolver: Resolver
    transports: dict[str, Transport] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Call:
    """One attempt: what is sent where."""

    request: Request
    target: Target
    address: Address
    headers: Headers
    progress: Progress

    @property
    def name(self) -> str:
        return who(self.target, self.address)


class HttpAdapter:
    """`contract.HttpPort` for the targets of a playbook. Nothing is loaded or opened before the first request."""

    def __init__(
        self,
        targets: Mapping[str, Target],
        clock: Clock,
        *,
        secrets: Mapping[str, str] | None = None,
        record: Recorder | None = None,
        resolve: Resolve | None = None,
        max_bytes: int = MAX_BYTES,
        heard: Heard | None = None,
        warn: Warn | None = None,
    ) -> None:
        """`secrets` (name -> value, read at each use, so it may grow) are shown by name in command lines. `record`
        is handed every attempt and returns the name of the file it keeps it in; `resolve` replaces the system's
        look-up of names. `heard` is told the `Date` of every answer that comes from another machine, and of which
        target; `warn`, at every answer that gives reason, what a person should know though nothing has failed."""
        self._targets = targets
        self._clock = clock
        self._secrets: Mapping[str, str] = secrets if secrets is not None else {}
        self._record = record
        self._resolve = resolve
        self._max_bytes = max_bytes
        self._heard = heard
        self._warn = warn
        self._routes: dict[str, _Route] = {}
        self._contexts: dict[TlsSetting, ssl.SSLContext] = {}

    def recording(self, record: Recorder) -> HttpAdapter:
        """The same port, connections shared, whose exchanges go to `record`."""
        view = HttpAdapter(
            self._targets,
            self._clock,
            secrets=self._secrets,
            record=record,
            resolve=self._resolve,
            max_bytes=self._max_bytes,
            heard=self._heard,
            warn=self._warn,
        )
        view._routes, view._contexts = self._routes, self._contexts
        return view

    async def aclose(self) -> None:
        """Close every connection, also those of the views made by `recording`."""
        for route in self._routes.values():
            for transport in route.transports.values():
                await transport.aclose()
        self._routes.clear()

    def url_of(self, request: Request) -> str:
        """See `contract.HttpPort`."""
        return address_of(usable(self._targets, request.target), request.path).url

    def curl_of(self, request: Request) -> str:
        """See `contract.HttpPort`."""
        target = usable(self._targets, request.target)
        address = address_of(target, request.path)
        headers = headers_of(target, request, address)
        return curl_line(target, request, address, headers, proxy_of(target, address), self._secrets)

    async def send(self, request: Request) -> Response:
        """See `contract.HttpPort`."""
        target = usable(self._targets, request.target)
        address = address_of(target, request.path)
        headers = headers_of(target, request, address)
        left, spare = max(1, request.attempts), 1 if is_idempotent(request) else 0
        while True:
            left -= 1
            call = _Call(request, target, address, headers, Progress())
            try:
                return await self._recorded(call)
            except CannotMeasure as error:
                # A server may close a kept connection just as it is used again; that is nobody's fault.
                stale = error.symptom == "reset" and not call.progress.connected and not call.progress.received
                if stale and spare:
                    spare, left = 0, left + 1
                elif not left or not self._may_repeat(request, error):
                    error.reproduce = self.curl_of(request)
                    raise
                else:
                    await self._clock.sleep(_PAUSE_S * 2 ** (request.attempts - left - 1))

    @staticmethod
    def _may_repeat(request: Request, error: CannotMeasure) -> bool:
        if error.symptom not in ("timeout", "refused", "dns", "tls", "reset", "unreachable"):
            return False
        return isinstance(error, NotSent) or is_idempotent(request)

    def _route(self, target: Target) -> _Route:
        from warroom.adapters.http_wire import Resolver, look_up

        if target.id not in self._routes:
            # One of the allowed connections is left to the sampler.
            slots = asyncio.Semaphore(_pool_size(target))
            self._routes[target.id] = _Route(target, slots, Resolver(self._resolve or look_up))
        return self._routes[target.id]

    def _transport(self, route: _Route, address: Address) -> Transport:
        from warroom.adapters.http_wire import Backend, Transport

        proxy = proxy_of(route.target, address)
        if proxy not in route.transports:
            backend = Backend(route.resolver, allow_link_local=route.target.allow_link_local)
            context = self._context(route.target, encrypted=address.scheme == "https" or proxy.startswith("https"))
            route.transports[proxy] = Transport(backend, context, _pool_size(route.target), proxy)
        return route.transports[proxy]

    def _context(self, target: Target, *, encrypted: bool) -> ssl.SSLContext:
        if not encrypted:
            # Never used; one that trusts nobody costs nothing to make.
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        setting = TlsSetting.of(target)
        if setting not in self._contexts:
            self._contexts[setting] = make_context(setting)
        return self._contexts[setting]

    async def _recorded(self, call: _Call) -> Response:
        route = self._route(call.target)
        transport = self._transport(route, call.address)
        async with route.slots:
            started, began = self._clock.now(), self._clock.monotonic()
            exchange = Exchange(
                label=call.request.label,
                method=call.request.method,
                url=call.address.url,
                request_headers=call.headers,
                request_body=call.request.body,
                started_at=started,
                elapsed_s=0.0,
            )
            try:
                response, note = await self._bounded(call, route, transport)
            except CannotMeasure as error:
                self._keep(replace(exchange, elapsed_s=self._clock.monotonic() - began, error=error.message))
                raise
        elapsed = self._clock.monotonic() - began
        kept = self._keep(
            replace(
                exchange,
                elapsed_s=elapsed,
                status=response.status,
                response_headers=response.headers,
                response_body=response.body,
                note=note,
            )
        )
        return replace(response, elapsed_s=elapsed, evidence=kept, received_at=self._clock.now())

    def _hear(self, target: str, response: Response, answer: httpx.Response) -> None:
        dates, stream = response.header_values("date"), answer.extensions.get("network_stream")
        if self._heard is None or stream is None or len(dates) != 1 or response.header_values("age"):
            return
        if not is_elsewhere(stream.get_extra_info("client_addr"), stream.get_extra_info("server_addr")):
            return
        from email.utils import parsedate_to_datetime

        with contextlib.suppress(ValueError, OverflowError):
            said = parsedate_to_datetime(dates[0])
            if said.tzinfo is not None:
                self._heard(target, said)

    def _keep(self, exchange: Exchange) -> str:
        return self._record(exchange) if self._record else ""

    async def _bounded(self, call: _Call, route: _Route, transport: Transport) -> tuple[Response, str]:
        limit = call.request.timeout_s
        try:
            async with asyncio.timeout(limit):
                return await self._exchange(call, transport)
        except TimeoutError:
            looking_up = route.resolver.is_waiting(call.address.host)
            raise timed_out(call.name, call.address, call.progress, limit, looking_up=looking_up) from None

    async def _exchange(self, call: _Call, transport: Transport) -> tuple[Response, str]:
        import httpx

        try:
            outgoing = httpx.Request(
                call.request.method.upper(),
                call.address.url,
                headers=[(name.encode(), _wire(value)) for name, value in call.headers],
                content=call.request.body or None,
                extensions={"trace": call.progress.on_event, **_exact_target(call)},
            )
            answer = await transport.handle_async_request(outgoing)
            try:
                return await self._read(call, answer)
            finally:
                await answer.aclose()
        except httpx.InvalidURL as error:
            raise CannotMeasure(f"{call.name}: {clean(str(error), limit=120)}", symptom="not_configured") from None
        except (httpx.HTTPError, OSError) as error:
            raise await self._told(call, transport, error) from None
        except BodyError as error:
            raise CannotMeasure(f"{call.name} {error}", symptom=error.symptom) from None

    async def _told(self, call: _Call, transport: Transport, error: Exception) -> CannotMeasure:
        tls = tls_error(error)
        if tls is not None:
            proxied = bool(proxy_of(call.target, call.address))
            address = "" if proxied else transport.last_address
            why = await why_refused(tls, call.address.host, address, call.address.port)
            # In TLS 1.3 a server refuses the client's certificate only after the request may have left.
            kind = CannotMeasure if call.progress.is_sent else NotSent
            return kind(f"{call.name}: {why}", symptom="tls")
        if type(error).__name__ == "ProxyError":
            return NotSent(f"{call.name}: the proxy refused: {clean(str(error), limit=120)}", symptom="refused")
        if not call.progress.is_sent:
            return not_connected(call.name, call.address, error)
        return broken(call.name, error, call.progress)

    async def _read(self, call: _Call, answer: httpx.Response) -> tuple[Response, str]:
        reader = BodyReader(
            ", ".join(answer.headers.get_list("content-encoding")), _declared_length(call, answer), self._max_bytes
        )
        async for piece in answer.stream:  # type: ignore[union-attr]
            reader.feed(piece)
            call.progress.received = reader.received
        headers = tuple(
            (name.decode("ascii", "backslashreplace"), clean_bytes(value, limit=_HEADER_LIMIT))
            for name, value in answer.headers.raw
        )
        response = Response(answer.status_code, headers, reader.finish(), url=call.address.url, request=call.request)
        self._hear(call.request.target, response, answer)
        return response, "; ".join(self._notes(call, answer))

    def _notes(self, call: _Call, answer: httpx.Response) -> list[str]:
        notes = []
        framed = "content-length" in answer.headers or "transfer-encoding" in answer.headers
        if not framed and call.request.method.upper() != "HEAD" and answer.status_code not in (204, 304):
            notes.append("the answer has no length: had it been cut off, it could not be told")
        stream = answer.extensions.get("network_stream")
        left = days_left(stream.get_extra_info("ssl_object") if stream else None, self._clock.now())
        if left is not None and left < _EXPIRES_SOON_DAYS:
            notes.append(f"the certificate expires in {left:.1f} days")
            if self._warn:
                self._warn(f"{call.name}: {notes[-1]}")
        return notes


def _pool_size(target: Target) -> int:
    return max(1, target.connections - 1)


def _exact_target(call: _Call) -> dict[str, bytes]:
    """Keeps httpx from tidying the path. Not for a tunnel, whose CONNECT would be given the path as well."""
    proxy = proxy_of(call.target, call.address)
    if not proxy:
        return {"target": call.address.path.encode()}
    return {"target": call.address.url.encode()} if call.address.scheme == "http" else {}


def _wire(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _declared_length(call: _Call, answer: httpx.Response) -> int | None:
    if call.request.method.upper() == "HEAD":
        return None
    declared = answer.headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else None
