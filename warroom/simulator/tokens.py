"""scholar_auth's key, and the tokens it signs and the application verifies."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

LIFETIME_S = 300
SCOPES = ("events:write", "events:read")
EVENTS_SCOPE = "events:write"

TokenState = Literal["valid", "narrow", "invalid", "none"]


def _secret() -> str:
    # The tail reads differently once it is form-decoded: a client that forgets to encode it is refused.
    return secrets.token_urlsafe(18) + ":+%2B/&="


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the client of scholar_auth and of the internal endpoints must know; new random ones each time."""

    client_id: str = "auto_com_center_verify"
    client_secret: str = field(default_factory=_secret, repr=False)
    internal_key: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    slack_token: str = field(default_factory=lambda: f"xoxb-{secrets.token_urlsafe(18)}", repr=False)
    slack_webhook: str = field(default_factory=_secret, repr=False)


class Authority:
    """Issues RS256 tokens for one audience, and tells whether a presented one is good."""

    def __init__(self, *, issuer: str, audience: str) -> None:
        self.issuer = issuer
        self.audience = audience
        kid = f"sim-{secrets.token_hex(4)}"
        self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": kid}, private=True)

    def jwks(self, *, weak: bool = False) -> dict[str, Any]:
        """The key set; `weak` gives away the private parameters too."""
        return {"keys": [self._key.as_dict(private=weak)]}

    def issue(self, *, subject: str, scopes: Sequence[str], now: datetime) -> str:
        """A signed access token, good for `LIFETIME_S` seconds from `now`."""
        issued = int(now.timestamp())
        claims = {
            "iss": self.issuer,
            "sub": subject,
            "aud": self.audience,
            "iat": issued,
            "nbf": issued,
            "exp": issued + LIFETIME_S,
            "jti": secrets.token_hex(16),
            "scope": " ".join(scopes),
        }
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)

    def judge(self, authorization: str | None, *, now: datetime) -> TokenState:
        """`none` without a bearer token, `narrow` when only the scope is missing, else `valid` or `invalid`."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return "none"
        rules = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token.strip(), self._key, algorithms=["RS256"]).claims
            rules.validate(claims)
        except (JoseError, ValueError, TypeError):
            return "invalid"
        scope = claims.get("scope")
        return "valid" if isinstance(scope, str) and EVENTS_SCOPE in scope.split() else "narrow"
