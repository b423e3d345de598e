"""scholar_auth: the key set, the token endpoint (RFC 6749, client credentials) and Gate 1."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from warroom.clock import Clock
from warroom.simulator.tokens import EVENTS_SCOPE, LIFETIME_S, SCOPES, Authority, Credentials
from warroom.simulator.world import World, instant

JWKS_PATH = "/.well-known/jwks.json"
TOKEN_PATH = "/oauth/token"
GATE_PATH = "/gates/gate1"
_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
_BASIC = {"www-authenticate": 'Basic realm="scholar_auth", charset="UTF-8"'}


class Refusal(Exception):
    """A token request that is answered with an error of RFC 6749, section 5.2."""

    def __init__(self, status: int, error: str, description: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}
        self.headers = {**_NO_STORE, **(headers or {})}


class ScholarAuth:
    """The request handlers of the authorization server."""

    def __init__(self, world: World, authority: Authority, *, credentials: Credentials, clock: Clock) -> None:
        self._world = world
        self._authority = authority
        self._credentials = credentials
        self._clock = clock

    def routes(self) -> Router:
        """All paths of the authorization server."""
        return Router(
            [
                Route(JWKS_PATH, self._jwks),
                Route(TOKEN_PATH, self._token, methods=["POST"]),
                Route(GATE_PATH, self._gate),
            ],
            redirect_slashes=False,
        )

    async def _gate(self, request: Request) -> Response:
        return gate_response(self._world, "gate1")

    async def _jwks(self, request: Request) -> Response:
        match self._world.scenario.jwks_status:
            case 200:
                keys = self._authority.jwks(weak=self._world.scenario.weak_keys)
                return JSONResponse(keys, headers={"cache-control": "public, max-age=300"})
            case 308:
                return Response(status_code=308, headers={"location": "/migrated" + JWKS_PATH})
            case 404:
                return JSONResponse({"error": "not found"}, status_code=404)
            case status:
                return JSONResponse({"error": "internal error"}, status_code=status)

    async def _token(self, request: Request) -> Response:
        try:
            scopes = self._granted(request, await request.body())
        except Refusal as refusal:
            return JSONResponse(refusal.body, status_code=refusal.status, headers=refusal.headers)
        token = self._authority.issue(subject=self._credentials.client_id, scopes=scopes, now=self._clock.now())
        body = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": LIFETIME_S,
            "scope": " ".join(scopes),
        }
        return JSONResponse(body, headers=_NO_STORE)

    def _granted(self, request: Request, body: bytes) -> Sequence[str]:
        """The scopes granted. Raises `Refusal`."""
        match self._world.scenario.token_status:
            case 401:
                raise Refusal(401, "invalid_client", "the client registry is not available", _BASIC)
            case 403:
                raise Refusal(403, "access_denied", "tokens are not issued yet")
        form = _form(request.headers.get("content-type", ""), body)
        self._authenticate(request.headers.get("authorization"), form)
        grant = form.get("grant_type")
        if grant is None:
            raise Refusal(400, "invalid_request", "grant_type is missing")
        if grant != "client_credentials":
            raise Refusal(400, "unsupported_grant_type", "only client_credentials")
        scopes = form.get("scope", EVENTS_SCOPE).split()
        if not scopes or not set(scopes) <= set(SCOPES):
            raise Refusal(400, "invalid_scope", f"known scopes: {' '.join(SCOPES)}")
        return scopes

    def _authenticate(self, authorization: str | None, form: Mapping[str, str]) -> None:
        in_body = "client_secret" in form
        if authorization is not None and in_body:
            raise Refusal(400, "invalid_request", "two ways of client authentication at once")
        if authorization is not None:
            given = _basic(authorization)
            headers: Mapping[str, str] | None = _BASIC
        elif in_body:
            given = (form.get("client_id", ""), form["client_secret"])
            headers = None
        else:
            raise Refusal(401, "invalid_client", "no client authentication", _BASIC)
        known = (self._credentials.client_id, self._credentials.client_secret)
        if not all(hmac.compare_digest(_raw(one), _raw(other)) for one, other in zip(given, known, strict=True)):
            raise Refusal(401, "invalid_client", "client authentication failed", headers)


def gate_response(world: World, name: str) -> Response:
    """`{"state": "green" | "red", "since": ...}`."""
    return JSONResponse({"state": world.gate(name), "since": instant(world.gate_since[name])})


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _form(content_type: str, body: bytes) -> dict[str, str]:
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise Refusal(400, "invalid_request", "the body must be application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise Refusal(400, "invalid_request", "the body is not form-encoded") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Refusal(400, "invalid_request", "a parameter is given twice")
    return form


def _basic(authorization: str) -> tuple[str, str]:
    """Client id and secret, form-decoded as RFC 6749, section 2.3.1 asks. Raises `Refusal`."""
    scheme, _, value = authorization.partition(" ")
    try:
        client_id, colon, secret = base64.b64decode(value.strip(), validate=True).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        colon = ""
        client_id = secret = ""
    if scheme.lower() != "basic" or not colon:
        raise Refusal(401, "invalid_client", "the Authorization header is not HTTP Basic", _BASIC)
    return unquote_plus(client_id), unquote_plus(secret)
