"""What stands before the API: an exact host and no foreign page, and where it is reached over TCP a token."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from warroom.api.refusals import Refusals
from warroom.api.tokens import Tokens
from warroom.errors import UsageError
from warroom.launch.entries import BY_TOKEN

PERSON: Final = "warroom.person"
"""Where the scope of a request says whose token came with it."""

STANDS: Final = "warroom.stands"
"""Where the scope says, when it is called, whether the token is still good; for answers that go on for hours."""

LOCAL_HOSTS: Final = ("engine", "localhost")
"""What the header Host says of the engine at the other end of a Unix socket."""

_LONGEST: Final = 200
_ANOTHER_HOST, _ANOTHER_ORIGIN = "it names another host", "it comes from a page of another origin"


class LocalGuard:
    """Lets a request over a Unix socket through to `app` that names the engine and comes from no page of a browser.

    Everything else is a 403 that is put on record. Who asks is told by the socket.
    """

    def __init__(self, app: ASGIApp, refusals: Refusals) -> None:
        self._app = app
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if reason := _foreign(Headers(scope=scope), LOCAL_HOSTS, origins=()):
            kind, number = scope.get("client") or ("?", 0)
            await self._refusals.note(reason, f"{kind} {number}")
            await _refused(reason, LOCAL_HOSTS)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class Guard:
    """Lets a request through to `app` that names one of `hosts`, comes from no other page, and bears a token.

    Everything else is a 403 that is put on record; the token is looked for in `Authorization: Bearer ...` alone.
    """

    def __init__(self, app: ASGIApp, tokens: Tokens, hosts: Collection[str], refusals: Refusals) -> None:
        self._app = app
        self._tokens = tokens
        self._hosts = tuple(hosts)
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        headers = Headers(scope=scope)
        peer = str((scope.get("client") or ("?", 0))[0])
        if reason := _foreign(headers, self._hosts, [f"http://{host}" for host in self._hosts]):
            await self._refusals.note(reason, peer)
            await _refused(reason, self._hosts)(scope, receive, send)
            return
        person, token, reason = self._bearer(headers)
        if person is None:
            await self._refusals.note(reason, peer)
            hint = "send the header Authorization: Bearer TOKEN; warroom token makes one"
            await JSONResponse({"error": reason, "hint": hint}, 403)(scope, receive, send)
            return
        stands = partial(self._stands, token, person)
        await self._app({**scope, PERSON: person + BY_TOKEN, STANDS: stands}, receive, send)

    def _stands(self, token: str, person: str) -> bool:
        try:
            return self._tokens.name_of(token) == person
        except UsageError:
            return False

    def _bearer(self, headers: Headers) -> tuple[str | None, str, str]:
        given = headers.getlist("authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not token or len(token) > _LONGEST:
            return None, "", "it bears no token"
        try:
            person = self._tokens.name_of(token)
        except UsageError as error:
            return None, "", error.message
        return person, token, "its token is not known"


def _foreign(headers: Headers, hosts: Collection[str], origins: Collection[str]) -> str:
    """Why the request is not one that was made for this place; empty where it was."""
    if len(named := headers.getlist("host")) != 1 or named[0] not in hosts:
        return _ANOTHER_HOST
    if any(origin not in origins for origin in headers.getlist("origin")):
        return _ANOTHER_ORIGIN
    return ""


def _refused(reason: str, hosts: Collection[str]) -> JSONResponse:
    hint = f"ask it as http://{' or http://'.join(hosts)}"
    if reason == _ANOTHER_ORIGIN:
        hint = "ask from a program: a page in a browser has no business here"
    return JSONResponse({"error": reason, "hint": hint}, 403)
