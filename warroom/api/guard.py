"""What stands before the API where it is reached over TCP: an exact host, no foreign page, a token."""

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

PERSON: Final = "warroom.person"
"""Where the scope of a request says whose token came with it: `ada (token)`, as `ada` is a user of the machine."""

STANDS: Final = "warroom.stands"
"""Where the scope says, when it is called, whether the token is still good; for answers that go on for hours."""

_LONGEST: Final = 200


class Guard:
    """Lets a request through to `app` that names one of `hosts`, comes from no other page, and bears a token.

    Everything else is a 403 that is put on record; the token is looked for in `Authorization: Bearer ...` alone.
    """

    def __init__(self, app: ASGIApp, tokens: Tokens, hosts: Collection[str], refusals: Refusals) -> None:
        self._app = app
        self._tokens = tokens
        self._hosts = frozenset(hosts)
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        headers = Headers(scope=scope)
        reason = self._foreign(headers)
        person, token = None, ""
        if not reason:
            person, token, reason = self._bearer(headers)
        if person is None:
            peer = scope.get("client") or ("?", 0)
            await self._refusals.note(reason, str(peer[0]))
            hint = "send the header Authorization: Bearer TOKEN; warroom token makes one"
            await JSONResponse({"error": reason, "hint": hint}, 403)(scope, receive, send)
            return
        stands = partial(self._stands, token, person)
        await self._app({**scope, PERSON: f"{person} (token)", STANDS: stands}, receive, send)

    def _foreign(self, headers: Headers) -> str:
        """Why the request is not one that was made for this address; empty where it was."""
        if len(hosts := headers.getlist("host")) != 1 or hosts[0] not in self._hosts:
            return "it names another host"
        if any(origin not in {f"http://{host}" for host in self._hosts} for origin in headers.getlist("origin")):
            return "it comes from a page of another origin"
        return ""

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
