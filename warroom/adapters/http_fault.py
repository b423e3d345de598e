"""Faults of the transport, told as sentences to the person on call."""

from __future__ import annotations

import ast
import errno
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from warroom.adapters.http_request import Address
from warroom.errors import CannotMeasure
from warroom.text import clean, clean_bytes
from warroom.units import format_seconds

# Before this phase the server cannot have acted on the request.
SENDING = "sending"


class LookupFailed(OSError):
    """The name does not resolve."""


class AddressDenied(OSError):
    """The name leads to an address that this target may not use."""


class NotSent(CannotMeasure):
    """The request provably did not reach the server."""


@dataclass(slots=True)
class Progress:
    """How far an exchange has come: `phase` is look-up, connect, TLS, sending, waiting or body.

    `connected` says whether this exchange opened its connection, `received` counts bytes of the body.
    """

    phase: str = "connect"
    connected: bool = False
    received: int = 0

    async def on_event(self, name: str, _: object) -> None:
        """httpcore's trace: the name of an event, `connection.connect_tcp.started`."""
        phase = _PHASES.get(name)
        if phase:
            self.phase = phase
            self.connected = self.connected or phase == "connect"

    @property
    def is_sent(self) -> bool:
        """Whether anything of the request may have reached the server."""
        return self.phase not in ("connect", "TLS", "proxy")


_PHASES = {
    "connection.connect_tcp.started": "connect",
    "connection.start_tls.started": "TLS",
    "proxy.start_tls.started": "TLS",
    "http11.send_request_headers.started": SENDING,
    "http11.receive_response_headers.started": "waiting",
    "http11.receive_response_body.started": "body",
}


def timed_out(name: str, address: Address, progress: Progress, seconds: float, *, looking_up: bool) -> CannotMeasure:
    """The sentence for a passed deadline, by how far the exchange had come."""
    limit = format_seconds(seconds)
    if progress.is_sent:
        if progress.phase == "body":
            what = f"the answer did not end within {limit} ({progress.received:,} bytes of its body came)"
        else:
            what = f"no answer within {limit}"
        return CannotMeasure(f"{name}: {what}", symptom="timeout")
    if looking_up:
        return NotSent(
            f"{name}: the look-up of the name {clean(address.host, limit=253)} did not end within {limit}",
            symptom="dns",
        )
    if progress.phase == "TLS":
        return NotSent(f"{name}: connected, but TLS was not set up within {limit}", symptom="timeout")
    return NotSent(f"{name}: no connection within {limit}", symptom="timeout")


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, the outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def tls_error(error: BaseException) -> ssl.SSLError | None:
    """The TLS fault behind an error; None where there is none."""
    return next((cause for cause in causes(error) if isinstance(cause, ssl.SSLError)), None)


_ERRNO = {
    errno.ENETUNREACH: ("the network cannot be reached", "unreachable"),
    errno.EHOSTUNREACH: ("the host cannot be reached", "unreachable"),
    errno.ETIMEDOUT: ("no connection: the system gave up waiting", "timeout"),
    errno.EADDRNOTAVAIL: ("no connection: this machine has no free address or port", "unreachable"),
}


def not_connected(name: str, address: Address, error: BaseException) -> NotSent:
    """The sentence for a connection that did not come about, other than for TLS."""
    chain = list(causes(error))
    for cause in chain:
        if isinstance(cause, LookupFailed):
            return NotSent(f"{name}: the name {clean(address.host, limit=253)} does not resolve", symptom="dns")
        if isinstance(cause, AddressDenied):
            return NotSent(
                f"{name}: it leads to {clean(str(cause), limit=60)}, a link-local or metadata address,"
                " which nothing is sent to",
                symptom="denied",
                hint="set allow_link_local on the target if that is what you want",
            )
        if isinstance(cause, ConnectionRefusedError):
            return NotSent(f"{name}: connection refused: nothing listens on {address.endpoint}", symptom="refused")
        if isinstance(cause, OSError) and cause.errno in _ERRNO:
            what, symptom = _ERRNO[cause.errno]
            return NotSent(f"{name}: {what}", symptom=symptom)
    if any(isinstance(cause, ConnectionResetError) for cause in chain):
        return NotSent(f"{name}: the connection was reset while it was set up", symptom="reset")
    return NotSent(f"{name}: no connection ({clean(str(error), limit=120) or 'it was closed'})", symptom="refused")


def broken(name: str, error: BaseException, progress: Progress) -> CannotMeasure:
    """The sentence for an exchange that broke after the connection stood."""
    text = str(error)
    if "without sending a response" in text:
        return CannotMeasure(f"{name}: the server closed the connection without an answer", symptom="reset")
    if "without sending complete message body" in text or "incomplete chunked read" in text:
        return CannotMeasure(
            f"{name}: the answer was cut off after {progress.received:,} bytes of its body", symptom="reset"
        )
    if "eceive buffer too long" in text or "too large" in text:
        return CannotMeasure(f"{name}: the head of the answer is too large", symptom="too_large")
    if type(error).__name__ in ("ReadError", "WriteError"):
        return CannotMeasure(f"{name}: the connection was reset before the answer was complete", symptom="reset")
    said = clean(_without_literals(text), limit=120)
    return CannotMeasure(f"{name}: the answer is not HTTP: {said}", symptom="unreadable")


# As Python writes bytes; the other kind of quote stands as it is.
_BYTE: Final = r"""[ !#-&(-\[\]-~]|\\(?:x[0-9a-f]{2}|[tnr'\\])"""
_LITERAL: Final = re.compile(rf"""(bytearray\()?(b'(?:{_BYTE}|")*'|b"(?:{_BYTE}|')*")(?(1)\))""")


def _without_literals(text: str) -> str:
    """The library quotes bytes of the answer as Python writes them; people get what was sent."""
    return _LITERAL.sub(lambda found: f"'{clean_bytes(ast.literal_eval(found[2]))}'", text)
