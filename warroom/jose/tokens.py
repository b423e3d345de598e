"""An access token, verified as the service it is for would have to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from warroom.jose.claims import judge_claims
from warroom.jose.encoding import from_base64url, to_base64url
from warroom.jose.keys import ASYMMETRIC, Key, KeySet, native
from warroom.jose.lines import Finding, Refused, passed, refused, shown
from warroom.strict_json import parse_json
from warroom.text import plural
from warroom.units import Json
from warroom.verdict import Measurement, Result, Verdict

MAX_TOKEN_BYTES: Final = 16_384
# Where a header would let the token choose its own proof (RFC 7515 4.1.2 to 4.1.6).
_SELF_PROOF: Final = ("jku", "jwk", "x5u", "x5c")
# RFC 9864 gave EdDSA with this curve a name of its own; the signature is the same.
_SAME_SIGNATURE: Final = {"EdDSA": "Ed25519"}


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token as it was received. `header` and `claims` are empty for an opaque one."""

    value: str = field(repr=False)
    header: Mapping[str, Json] = field(default_factory=dict)
    claims: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a token must be. Empty `issuer`, `audience` or `scope`: not checked, and the lines say so.

    `scope` is a list separated by spaces, all of which the token must have. `leeway_s` is how far the clocks of the
    two sides may be apart, in seconds.
    """

    algorithms: tuple[str, ...] = ASYMMETRIC
    issuer: str = ""
    audience: str = ""
    scope: str = ""
    leeway_s: float = 30.0


@dataclass(frozen=True, slots=True)
class TokenFindings:
    """What a token came to: a line on each thing looked at, and the names of the rules it breaks, in that order.

    `header` and `claims` are empty where they could not be read.
    """

    lines: tuple[Result, ...]
    violations: tuple[str, ...]
    header: Mapping[str, Json] = field(default_factory=dict)
    claims: Mapping[str, Json] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether every rule was checked and holds."""
        return not self.violations and all(line.verdict is Verdict.PASS for line in self.lines if line.required)


@dataclass(frozen=True, slots=True)
class _Read:
    """A token taken apart, nothing of it believed yet."""

    header: Mapping[str, Json]
    claims: Mapping[str, Json]
    signed: bytes
    signature: bytes


def verify_token(
    token: str, key_set: KeySet | None, rules: TokenRules, *, now: datetime, no_keys: str = "there is no key set"
) -> TokenFindings:
    """Every rule held against `token`: its form, algorithm, key and signature (RFC 7515), its claims (RFC 7519).

    Without `key_set` the signature is `inconclusive` for the reason `no_keys`. Never raises; no text that comes back
    holds the token or its signature.
    """
    try:
        read = _taken_apart(token)
    except Refused as fault:
        return _findings([refused("Token", fault)])
    found = [_signature(read, key_set, rules, no_keys), *_self_proof(read.header)]
    found += judge_claims(
        read.claims,
        issuer=rules.issuer,
        audience=rules.audience,
        scope=rules.scope,
        leeway_s=rules.leeway_s,
        now=now.timestamp(),
    )
    return _findings(found, read.header, read.claims)


def tampered(token: str) -> str:
    """`token` with one bit of its signature turned, all else as it was; an opaque one with one sign changed."""
    head, dot, last = token.rpartition(".")
    try:
        raw = bytearray(from_base64url(last))
    except ValueError:
        raw = bytearray()
    if not raw:
        middle = len(token) // 2
        other = "A" if token[middle : middle + 1] != "A" else "B"
        return token[:middle] + other + token[middle + 1 :]
    raw[len(raw) // 2] ^= 1
    return head + dot + to_base64url(bytes(raw))


def _findings(
    found: list[Finding], header: Mapping[str, Json] | None = None, claims: Mapping[str, Json] | None = None
) -> TokenFindings:
    violations = tuple(finding.violation for finding in found if finding.violation)
    return TokenFindings(tuple(finding.line for finding in found), violations, header or {}, claims or {})


def _taken_apart(token: str) -> _Read:
    if len(token) > MAX_TOKEN_BYTES:
        raise Refused("too_large", f"it has {len(token):,} characters, more than {MAX_TOKEN_BYTES:,} are not read")
    segments = token.split(".")
    if len(segments) == 5:
        raise Refused("encrypted", "it is encrypted (five parts), so nobody but its audience can verify it")
    if len(segments) != 3:
        raise Refused("segments", f"it is not a signed token: {plural(len(segments), 'part')} instead of three")
    raw = [_decoded(name, text) for name, text in zip(("header", "claims", "signature"), segments, strict=True)]
    signed = f"{segments[0]}.{segments[1]}".encode("ascii")
    return _Read(_object("header", raw[0]), _object("claims", raw[1]), signed, raw[2])


def _decoded(name: str, text: str) -> bytes:
    try:
        return from_base64url(text)
    except ValueError as error:
        raise Refused(f"{name}_encoding", f"its {name} is {error}") from None


def _object(name: str, raw: bytes) -> Mapping[str, Json]:
    try:
        value = parse_json(raw)
    except ValueError as error:
        raise Refused(f"{name}_json", f"its {name} is {error}") from None
    if not isinstance(value, dict):
        raise Refused(f"{name}_json", f"its {name} is not a JSON object")
    return value


def _self_proof(header: Mapping[str, Json]) -> list[Finding]:
    """A line for each header member by which a token offers its own key: a service that followed it would let the
    token choose its own proof, so a token that tries is refused however it is signed, and nothing is fetched."""
    reason = "its header says which key proves it ({}), which only the key set may say; nothing was fetched"
    return [refused(name, Refused(name, reason.format(name))) for name in _SELF_PROOF if name in header]


def _signature(read: _Read, key_set: KeySet | None, rules: TokenRules, no_keys: str) -> Finding:
    try:
        alg = _algorithm(read.header, rules.algorithms)
        if key_set is None:
            line = Result(
                Verdict.INCONCLUSIVE,
                say="Signature: not verified",
                expected="a key that verifies it",
                reason=f"the signature could not be verified: {no_keys}",
                measurement=Measurement(n=0),
            )
            return Finding(line)
        key = _key_for(read.header, alg, key_set)
        _verify(read, alg, key)
    except Refused as fault:
        return refused("Signature", fault)
    return passed(f"Signature: {alg} with {key.label}", expected=" or ".join(key.algorithms), actual=alg)


def _algorithm(header: Mapping[str, Json], allowed: tuple[str, ...]) -> str:
    if "crit" in header:
        raise Refused("crit", f"its header demands what is not understood here (crit: {shown(header['crit'])})")
    alg, wanted = header.get("alg"), "a public-key signature" if allowed == ASYMMETRIC else " or ".join(allowed)
    if not isinstance(alg, str):
        raise Refused("alg_missing", "its header names no algorithm", expected=wanted)
    if alg.lower() == "none":
        raise Refused("alg_none", 'it is not signed: alg is "none"', expected=wanted, actual=shown(alg))
    if alg.startswith("HS"):
        reason = f"alg is {shown(alg)}: signed with a shared secret, which anyone who knows the public key can do"
        raise Refused("alg_symmetric", reason, expected=wanted, actual=shown(alg))
    if alg not in allowed or alg not in ASYMMETRIC:
        reason = f"alg is {shown(alg)}, expected {wanted}"
        raise Refused("alg_not_allowed", reason, expected=wanted, actual=shown(alg))
    return alg


def _key_for(header: Mapping[str, Json], alg: str, key_set: KeySet) -> Key:
    if "kid" not in header:
        return _only_key(alg, key_set)
    kid = header["kid"]
    named = [key for key in key_set.keys if isinstance(kid, str) and key.kid == kid]
    if not named:
        raise Refused("kid_unknown", f"the key set has no key {shown(kid)}, which the token names", actual=shown(kid))
    if len(named) > 1:
        raise Refused("kid_ambiguous", f"the key set has {len(named)} keys {shown(kid)}", actual=shown(kid))
    if named[0].refused:
        raise Refused("key_refused", f"{named[0].label}, which the token names, {named[0].refused}")
    if alg not in named[0].algorithms:
        fits = ", ".join(named[0].algorithms)
        reason = f"alg is {alg}, but {named[0].label} is for {fits}"
        raise Refused("alg_not_of_key", reason, expected=fits, actual=alg)
    return named[0]


def _only_key(alg: str, key_set: KeySet) -> Key:
    fitting = [key for key in key_set.usable if alg in key.algorithms]
    if not fitting:
        raise Refused("no_key", f"the key set has no key for {alg}")
    if len(fitting) > 1:
        reason = f"the token names no key (kid), and {len(fitting)} keys of the set could have signed it"
        raise Refused("kid_missing", reason)
    return fitting[0]


def _verify(read: _Read, alg: str, key: Key) -> None:
    from joserfc.errors import JoseError
    from joserfc.jws import JWSRegistry

    model = JWSRegistry.algorithms[_SAME_SIGNATURE.get(alg, alg)]
    try:
        native_key = native(key.jwk)
        model.check_key(native_key)
        holds = model.verify(read.signed, read.signature, native_key)
    except (JoseError, ValueError, TypeError):
        holds = False
    if not holds:
        raise Refused("signature", f"its signature was not made with {key.label}", expected=f"{alg} with {key.label}")
