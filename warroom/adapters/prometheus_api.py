"""Prometheus' query API through prometheus_api_client, which is handed our own way of sending.

The library blocks, so it has a thread; by itself it would repeat requests, follow redirects, and know no deadline for
the whole exchange and no cap on the body. What it sends therefore goes out like every other request, with the
target's credentials, CA and proxy. Of an error it keeps no reason, of a success only the result: the answer is read
as it came.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote_plus

from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException

from warroom.contract import HttpPort, Request, Response
from warroom.expect import Body
from warroom.units import Json

# Stands for the target's address, which is filled in where the request is sent.
_PLACE: Final = "http://prometheus"
_FORM: Final = ("Content-Type", "application/x-www-form-urlencoded")
_SPARE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of the API, and what its body says."""

    response: Response
    body: Body


class QueryApi:
    """The query API of the server at `target`. `headers` go with every request (a tenant, say)."""

    def __init__(self, http: HttpPort, target: str, headers: tuple[tuple[str, str], ...], timeout_s: float) -> None:
        self._session = _Session(http, Request(target, headers=(*headers, _FORM), timeout_s=timeout_s))
        self._connect = PrometheusConnect(_PLACE, session=self._session, method="POST")
        self._thread = ThreadPoolExecutor(1, "prometheus")

    async def ask(self, query: str, at: datetime) -> Answered:
        """The answer to `query` at that instant, whatever its status. Raises CannotMeasure where there is none."""
        params = {"time": f"{at.timestamp():.3f}"}
        return await self._in_thread(functools.partial(self._connect.custom_query, query, params=params))

    async def ask_range(self, query: str, since: datetime, until: datetime, step_s: int) -> Answered:
        """The same at every `step_s` seconds from `since` to `until`, whole seconds both, ends included."""
        asked = functools.partial(self._connect.custom_query_range, query, since, until, str(step_s))
        return await self._in_thread(asked)

    def close(self) -> None:
        """Nothing more is asked."""
        self._session.give_up()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, ask: Callable[[], object]) -> Answered:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._ask, ask, loop)
        except asyncio.CancelledError:
            self._session.give_up()
            raise

    def _ask(self, ask: Callable[[], object], loop: asyncio.AbstractEventLoop) -> Answered:
        self._session.loop, self._session.answered = loop, None
        with contextlib.suppress(PrometheusApiClientException, LookupError, TypeError):
            ask()
        assert self._session.answered is not None
        return self._session.answered


class _Session:
    """What the library needs of a session: sends, in the library's thread, and keeps the answer."""

    verify, cert = True, None

    def __init__(self, http: HttpPort, like: Request) -> None:
        self._http = http
        self._like = like
        self._sending: Future[Response] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.answered: Answered | None = None

    def mount(self, prefix: str, adapter: object) -> None:
        """Ways of sending are of no use here."""

    def request(self, method: str, url: str, params: Mapping[str, object], **_: Any) -> _Reply:
        """In the body: the queries of many panels are longer than what many servers take for an address.

        Raises CannotMeasure.
        """
        assert self.loop is not None
        body = "&".join(f"{name}={_quoted(str(value))}" for name, value in params.items())
        asked = replace(self._like, path=url.removeprefix(_PLACE), method=method, body=body.encode())
        self._sending = asyncio.run_coroutine_threadsafe(self._http.send(asked), self.loop)
        response = self._sending.result(asked.timeout_s + _SPARE_S)
        self.answered = Answered(response, Body.of(response))
        return _Reply(response.status, response.body, self.answered.body.document)

    def give_up(self) -> None:
        """Ends the request that is under way, if there is one."""
        if self._sending is not None:
            self._sending.cancel()


@dataclass(frozen=True, slots=True)
class _Reply:
    """What the library needs of an answer. Its JSON was read once, and strictly."""

    status_code: int
    content: bytes
    document: Json

    def json(self) -> Json:
        return self.document


@functools.lru_cache(maxsize=16)
def _quoted(text: str) -> str:
    """As a form has it; the same long query is sent over and over."""
    return quote_plus(text)
