"""Kind `oauth2`: a token by client credentials (RFC 6749 4.4), then verified with the key set of another check."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Self
from urllib.parse import quote_plus, urlencode

from pydantic import Field, model_validator

from warroom.checks.jwks import Algorithms, status_line
from warroom.contract import Context, Findings, Kind, Parameters, Request, Response
from warroom.errors import GATEWAY
from warroom.expect import Body, DurationText
from warroom.jose import ASYMMETRIC, AccessToken, KeySet, TokenFindings, TokenRules, verify_token
from warroom.strict_json import parse_json
from warroom.text import clean, one_line, plural
from warroom.units import Json, parse_duration, show
from warroom.verdict import Measurement, Result, Verdict

_OURS: Final = ("grant_type", "client_id", "client_secret", "scope")
_ERROR_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}")
# RFC 6750 2.1: what an Authorization header can carry.
_BEARER: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
# A shorter one can be guessed, and if it were redacted a server could black out any word of the reports.
_SHORTEST_TOKEN: Final = 16
_LONGEST_S: Final = 366 * 86_400


class Oauth2Parameters(Parameters):
    """One token request by client credentials, and what the token must be."""

    target: str = Field(description="a target of the playbook: the token endpoint")
    path: str = Field("", description="appended to the address of the target")
    client_id: str = Field(min_length=1, description="the client's id")
    client_secret: str = Field(min_length=1, repr=False, description="its secret, from a secret input")
    auth: Literal["client_secret_basic", "client_secret_post"] = Field(
        "client_secret_basic", description="how the client authenticates (RFC 6749 2.3.1)"
    )
    scope: str = Field("", description="asked for, and demanded of the token; several separated by spaces")
    form: Mapping[str, str] = Field(
        default_factory=dict, description="further parameters of the request, such as resource or audience"
    )
    verify: Literal["jwt", "opaque"] = Field(
        "jwt", description="what the token is: jwt, or opaque, in which nothing can be verified"
    )
    keys: str = Field("", description="id of the jwks check whose keys verify the token")
    issuer: str = Field("", description="the iss that the token must have; empty: not checked")
    audience: str = Field("", description="the aud that the token must have; empty: not checked")
    algorithms: Algorithms = Field(ASYMMETRIC, description="what the token may be signed with")
    leeway: DurationText = Field(parse_duration("30s"), description="how far the clocks may be apart")
    request_timeout: DurationText = Field(parse_duration("10s"), description="for the whole exchange")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.verify == "jwt" and not self.keys:
            raise ValueError("name the jwks check whose keys verify the token: `keys`; or say `verify: opaque`")
        if self.verify == "opaque" and (self.keys or self.issuer or self.audience):
            raise ValueError("an opaque token says nothing that could be verified: drop keys, issuer and audience")
        if taken := [name for name in self.form if name in _OURS]:
            raise ValueError(f"`form` cannot replace {taken[0]}")
        return self

    def request(self) -> Request:
        """The token request."""
        headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
        fields = {"grant_type": "client_credentials", **self.form}
        if self.scope:
            fields["scope"] = self.scope
        if self.auth == "client_secret_post":
            fields |= {"client_id": self.client_id, "client_secret": self.client_secret}
            # Empty: not even the target's own credentials, two ways at once are an error (RFC 6749 2.3).
            headers.append(("Authorization", ""))
        else:
            headers.append(("Authorization", f"Basic {basic_credentials(self.client_id, self.client_secret)}"))
        return Request(
            self.target,
            self.path,
            method="POST",
            headers=tuple(headers),
            body=urlencode(fields).encode(),
            timeout_s=self.request_timeout.total_seconds(),
            label="token",
        )


def basic_credentials(client_id: str, client_secret: str) -> str:
    """Both form-encoded, then joined and base64-encoded: RFC 6749 2.3.1, unlike the basic scheme of RFC 7617."""
    return base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(client_secret)}".encode()).decode()


@dataclass(frozen=True, slots=True)
class _Issued:
    """What the token endpoint gave: `token` is empty where it gave none that could be used."""

    lines: tuple[Result, ...]
    token: str = ""
    error: str = ""


def _issued(response: Response) -> _Issued:
    if response.status != 200:
        return _refused(response)
    try:
        answer = parse_json(response.body)
    except ValueError:
        return _Issued((_fail("Token endpoint: not JSON", _unreadable(response), "a JSON object", "(not JSON)"),))
    if not isinstance(answer, dict):
        return _Issued((_fail("Token endpoint: no JSON object", "the token endpoint answered 200 with no object"),))
    token = answer.get("access_token")
    if not isinstance(token, str) or not _BEARER.fullmatch(token) or len(token) < _SHORTEST_TOKEN:
        error = _error_code(answer)
        reason = f"the token endpoint answered 200, but {_no_token(token)}{f' (error {error})' if error else ''}"
        return _Issued((_fail("Token: none", reason, "an access_token", "(none)"),), error=error)
    acquired = Result(
        Verdict.PASS, "Token acquired", "200", "200", measurement=Measurement(value=200, limit="== 200")
    )
    return _Issued((acquired, _token_type(answer), _lifetime(answer)), token=token)


def _no_token(value: Json) -> str:
    if not isinstance(value, str):
        return "the answer has no access_token"
    if not _BEARER.fullmatch(value):
        return "its access_token is one that no header can carry"
    return f"its access_token has only {plural(len(value), 'character')}: it could be guessed"


def _refused(response: Response) -> _Issued:
    try:
        error = _error_code(parse_json(response.body))
    except ValueError:
        error = ""
    line = status_line("Token endpoint", response)
    if error:
        said = f"{response.status} {error}"
        reason = f"the token endpoint answered {said}, expected 200"
        line = _fail(f"Token endpoint: {said}", reason, "200", said)
    return _Issued((line,), error=error)


def _unreadable(response: Response) -> str:
    # What the body begins with may be the token itself; only markup is shown.
    if response.body.lstrip()[:1] == b"<":
        return f"the token endpoint answered 200, but {Body.of(response).problem}"
    return f"the token endpoint answered 200, but its {plural(len(response.body), 'byte')} are not JSON"


def _error_code(answer: Json) -> str:
    """The error code of RFC 6749 5.2; empty where there is none that is fit to be shown."""
    code = answer.get("error") if isinstance(answer, dict) else None
    return code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else ""


def _token_type(answer: Mapping[str, Json]) -> Result:
    actual = answer.get("token_type")
    shown = "(missing)" if actual is None else one_line(show(actual), limit=40)
    if isinstance(actual, str) and actual.lower() == "bearer":
        return Result(Verdict.PASS, f"token_type: {shown}", "Bearer", shown)
    return _fail(f"token_type: {shown}", f"token_type is {shown}, expected Bearer", "Bearer", shown)


def _lifetime(answer: Mapping[str, Json]) -> Result:
    actual, wanted = answer.get("expires_in"), "a number of seconds"
    if actual is None:
        reason = "the answer does not say how long the token lives; RFC 6749 recommends that it does"
        return Result(Verdict.SKIPPED, "expires_in: not given", wanted, reason=reason, required=False)
    shown = one_line(show(actual), limit=40)
    if isinstance(actual, str) and actual.isascii() and actual.isdigit() and 0 < int(actual[:12]) <= _LONGEST_S:
        reason = f'expires_in is the text "{shown}"; RFC 6749 asks for a number'
        return Result(Verdict.WARN, f'expires_in: "{shown}"', wanted, shown, reason)
    is_number = isinstance(actual, int | float) and not isinstance(actual, bool)
    if is_number and 0 < float(actual) <= _LONGEST_S:  # type: ignore[arg-type]
        return Result(Verdict.PASS, f"expires_in: {shown}s", wanted, f"{shown}s")
    return _fail(
        f"expires_in: {shown}", f"expires_in is {shown}, expected 1 to {_LONGEST_S:,} seconds", wanted, shown
    )


def _fail(say: str, reason: str, expected: str = "", actual: str = "") -> Result:
    return Result(Verdict.FAIL, say, expected, actual, reason, measurement=Measurement(value=actual, limit=expected))


def _verified(params: Oauth2Parameters, token: str, ctx: Context) -> TokenFindings:
    needed = ctx.needed[params.keys]
    keys = needed.fact if isinstance(needed.fact, KeySet) else None
    rules = TokenRules(
        algorithms=params.algorithms,
        issuer=params.issuer,
        audience=params.audience,
        scope=params.scope,
        leeway_s=params.leeway.total_seconds(),
    )
    no_keys = f"'{clean(params.keys)}' gave no key set ({needed.reason or needed.verdict})"
    return verify_token(token, keys, rules, now=ctx.clock.now(), no_keys=no_keys)


def _opaque() -> TokenFindings:
    reason = "the playbook calls the token opaque: nothing in it can be verified"
    line = Result(Verdict.SKIPPED, "Signature and claims: not verified", reason=reason, required=False)
    return TokenFindings((line,), ())


async def run(params: Oauth2Parameters, ctx: Context) -> Findings:
    request = params.request()
    response = await ctx.http.send(request)
    issued = _issued(response)
    symptom = {"status": str(response.status)} | ({"error": issued.error} if issued.error else {})
    symptom |= {"symptom": "gateway"} if response.status in GATEWAY else {}
    evidence: dict[str, Any] = {}
    lines, fact = issued.lines, None
    if issued.token:
        ctx.add_secret(f"{ctx.check_id.upper()}_TOKEN", issued.token)
        found = _opaque() if params.verify == "opaque" else _verified(params, issued.token, ctx)
        lines = (*lines, *found.lines)
        symptom |= {"token": found.violations[0]} if found.violations else {}
        evidence = {"header": found.header, "claims": found.claims, "violations": found.violations}
        fact = AccessToken(issued.token, found.header, found.claims)
    kept = [response.evidence, ctx.evidence.save_json("token_claims", evidence) if evidence else ""]
    return Findings(
        results=lines,
        measurement=Measurement(value=response.status, limit="== 200", source=clean(response.url)),
        # A token that breaks a rule is used for nothing.
        fact=None if any(line.verdict is Verdict.FAIL for line in lines) else fact,
        symptom=symptom,
        evidence=tuple(name for name in kept if name),
        reproduce=ctx.http.curl_of(request),
    )


KIND = Kind(
    name="oauth2",
    summary="a token by client credentials, verified with a key set",
    params=Oauth2Parameters,
    run=run,
    needs=lambda params: {params.keys: KeySet} if params.keys else {},
    provides=AccessToken,
    targets=lambda params: (params.target,),
    method="POST",
)
