"""Prometheus' query API through prometheus_api_client, which is handed our own way of sending.

The library blocks, so it has a thread; by itself it would repeat requests, follow redirects, and know no deadline for
the whole exchange and no cap on the body. What it sends therefore goes out like every other request, with the
target's credentials, CA and proxy. Of an error it keeps no reason, of a success only the result: the answer is read
as it came.
"""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from requests.adapters import BaseAdapter

from warroom.contract import HttpPort, Request, Response

# Stands for the target's address, which is filled in where the request is sent.
_PLACE: Final = "http://prometheus"
_FORM: Final = ("Content-Type", "application/x-www-form-urlencoded")
_SPARE_S: Final = 5.0


class QueryApi:
    """The query API of the server at `target`. `headers` go with every request (a tenant, say)."""

    def __init__(self, http: HttpPort, target: str, headers: tuple[tuple[str, str], ...], timeout_s: float) -> None:
        self._wire = _Wire(http, Request(target, method="POST", headers=(*headers, _FORM), timeout_s=timeout_s))
        session = requests.Session()
        session.trust_env = False
        self._connect = PrometheusConnect(_PLACE, session=session, timeout=timeout_s, method="POST")
        session.mount(_PLACE, self._wire)
        self._thread = ThreadPoolExecutor(1, "prometheus")

    async def ask(self, query: str, at: datetime) -> Response:
        """The answer to `query` at that instant, whatever its status. Raises CannotMeasure where there is none."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._ask, query, at, loop)
        except asyncio.CancelledError:
            self._wire.give_up()
            raise

    def close(self) -> None:
        """Nothing more is asked."""
        self._wire.give_up()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _ask(self, query: str, at: datetime, loop: asyncio.AbstractEventLoop) -> Response:
        self._wire.loop, self._wire.answer = loop, None
        with contextlib.suppress(PrometheusApiClientException, LookupError, TypeError, ValueError, RecursionError):
            self._connect.custom_query(query, params={"time": f"{at.timestamp():.3f}"})
        assert self._wire.answer is not None
        return self._wire.answer


class _Wire(BaseAdapter):
    """Sends what the library wants sent, and keeps the answer."""

    def __init__(self, http: HttpPort, like: Request) -> None:
        super().__init__()
        self._http = http
        self._like = like
        self._sending: Future[Response] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.answer: Response | None = None

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """In the library's thread. Raises CannotMeasure."""
        assert self.loop is not None
        address, like = urlsplit(str(request.url)), self._like
        # In the body: the queries of many panels are longer than what many servers take for an address.
        asked = Request(
            like.target, address.path, like.method, like.headers, address.query.encode(), timeout_s=like.timeout_s
        )
        self._sending = asyncio.run_coroutine_threadsafe(self._http.send(asked), self.loop)
        self.answer = self._sending.result(like.timeout_s + _SPARE_S)
        return _as_the_library_wants_it(self.answer, request)

    def give_up(self) -> None:
        """Ends the request that is under way, if there is one."""
        if self._sending is not None:
            self._sending.cancel()

    def close(self) -> None:
        """See `BaseAdapter`."""


def _as_the_library_wants_it(answer: Response, request: requests.PreparedRequest) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.request, response.url = request, str(request.url)
    response._content = answer.body
    return response
