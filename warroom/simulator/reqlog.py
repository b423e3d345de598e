"""What the services were really asked: the log by which tests judge a client."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, cast

CAPACITY = 10_000
LOGGED_HEADERS = (
    "host",
    "user-agent",
    "accept",
    "accept-encoding",
    "connection",
    "content-type",
    "content-length",
    "idempotency-key",
)


@dataclass(frozen=True, slots=True)
class ServedRequest:
    """One request as its server saw it.

    `at` is when its head had arrived; `held_ms` the time from there until the last bytes of the answer go to the
    socket, or until the client went away; `status` is None while no answer was sent. `auth` is the scheme of the
    Authorization header, never its value; `internal_key` says whether X-Internal-Key came. `media_type` is the
    body's, `event_type` the `type` inside a JSON body. `peer` is the client's `host:port`: one per connection.
    """

    seq: int
    service: str
    at: datetime
    method: str
    path: str
    query: str
    peer: str
    headers: Mapping[str, str]
    auth: str | None = None
    internal_key: bool = False
    media_type: str | None = None
    event_type: str | None = None
    body_bytes: int = 0
    status: int | None = None
    held_ms: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values; `at` in ISO 8601, UTC."""
        return {**asdict(self), "headers": dict(self.headers), "at": self.at.isoformat()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ServedRequest:
        """The request that `to_json` wrote."""
        return cls(**{**value, "at": datetime.fromisoformat(cast(str, value["at"]))})


class RequestLog:
    """The last 10,000 requests, oldest first."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[int, ServedRequest] = OrderedDict()
        self._next = 1

    def arrived(self, request: ServedRequest) -> int:
        """Take in a request and give it its number, from 1 upwards; numbers are never used twice."""
        seq, self._next = self._next, self._next + 1
        self._entries[seq] = replace(request, seq=seq)
        if len(self._entries) > self._capacity:
            self._entries.popitem(last=False)
        return seq

    def ended(self, seq: int, *, status: int | None, held_ms: float) -> None:
        """Note how it ended. A request that was cleared meanwhile stays forgotten."""
        if seq in self._entries:
            self._entries[seq] = replace(self._entries[seq], status=status, held_ms=held_ms)

    def clear(self) -> None:
        """Forget all of them."""
        self._entries.clear()

    def snapshot(self) -> tuple[ServedRequest, ...]:
        """All of them, oldest first."""
        return tuple(self._entries.values())


def selected_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers that are logged, by lower-case name; credentials are not among them."""
    named = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)
    return {name: value for name, value in named if name in LOGGED_HEADERS}
