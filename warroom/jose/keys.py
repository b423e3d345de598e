"""A JSON Web Key Set, read by someone who will trust what it signs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from warroom.jose.encoding import from_base64url
from warroom.text import one_line, plural
from warroom.units import Json, show, type_name
from warroom.verdict import Measurement, Result, Verdict

_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_FITS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA", "Ed25519"),
}
ASYMMETRIC: Final = (*_RSA, *(name for names in _FITS.values() for name in names))
"""The signature algorithms that a key set may be used with. Never `none`, never one with a shared secret."""

# RFC 7518 6.2.2, 6.3.2 and 6.4.1, RFC 8037 2; `priv` is the one of the newer key types.
_PRIVATE: Final = ("d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv")
_PUBLIC: Final = ("kty", "n", "e", "crv", "x", "y")
_REMOTE: Final = ("x5u", "x5c")
MAX_KEYS: Final = 100
_MAX_RSA_BITS: Final = 16_384
# A shorter "secret" is no key, and if it were redacted a server could black out any word of the reports.
_SHORTEST_SECRET: Final = 16


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a set. `algorithms` are those it may verify with; `refused` says why it verifies nothing (empty: it
    does). `jwk` holds its public members only; `label` names it for people.
    """

    label: str
    kid: str | None
    algorithms: tuple[str, ...] = ()
    jwk: Mapping[str, Json] = field(default_factory=dict, repr=False)
    refused: str = ""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys in the order of the set, refused ones among them, and a line on each, the worst first.

    The lines of `alarms` belong before all others: a key that must be secret is public. `leaked` are its values.
    """

    keys: tuple[Key, ...]
    lines: tuple[Result, ...]
    alarms: tuple[Result, ...] = ()
    leaked: tuple[str, ...] = field(default=(), repr=False)

    @property
    def usable(self) -> tuple[Key, ...]:
        """The keys that may verify a signature."""
        return tuple(key for key in self.keys if not key.refused)


class _Flaw(ValueError):
    """Why a key verifies nothing. `loud` puts it before everything else, `ignored` is no fault of the set."""

    def __init__(self, reason: str, *, loud: str = "", ignored: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.loud = loud
        self.ignored = ignored


@dataclass(frozen=True, slots=True)
class _Judged:
    """A key, its line, and where the line belongs: 0 before everything else."""

    key: Key
    line: Result
    order: int


def read_key_set(document: Json, *, algorithms: Collection[str] = ASYMMETRIC, min_rsa_bits: int = 2048) -> KeySet:
    """What the parsed `document` is worth as a key set. Never raises; a set that cannot be read has no keys.

    A private or symmetric key inside is the first line. Keys for encryption and of unknown types are listed and never
    used (RFC 7517 5); a set in which no key can verify a signature fails.
    """
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        shown = "no list 'keys' in it" if isinstance(document, dict) else f"a {type_name[type(document)]}"
        return KeySet((), (_fail("not a JWK set", f"the answer is not a JWK set: {shown}"),))
    entries = document["keys"]
    assert isinstance(entries, list)
    if len(entries) > MAX_KEYS:
        count = f"{len(entries):,} keys"
        return KeySet((), (_fail(count, f"the set has {count}; more than {MAX_KEYS} are not read"),))
    kids = Counter(_kid(entry) for entry in entries)
    judged = [_judge(entry, place, kids, algorithms, min_rsa_bits) for place, entry in enumerate(entries, 1)]
    keys = tuple(each.key for each in judged)
    listed = sorted((each for each in judged if each.order > 0), key=lambda each: each.order)
    return KeySet(
        keys,
        lines=(_summary(keys), *(each.line for each in listed)),
        alarms=tuple(each.line for each in judged if each.order == 0),
        leaked=tuple(value for entry in entries for value in _private_values(entry)),
    )


def _summary(keys: Sequence[Key]) -> Result:
    usable = sum(not key.refused for key in keys)
    say = f"{plural(usable, 'key')} to verify signatures with"
    if usable:
        return _line(Verdict.PASS, say, "", expected="at least 1", value=usable)
    what = "the set is empty" if not keys else f"of {plural(len(keys), 'key')} none can verify a signature"
    return _line(Verdict.FAIL, say, what, expected="at least 1", value=0)


def _judge(
    entry: Json, place: int, kids: Mapping[str | None, int], algorithms: Collection[str], min_rsa_bits: int
) -> _Judged:
    if not isinstance(entry, dict):
        label = f"key {place}"
        line = _fail(label, f"{label} is not an object but {one_line(show(entry), limit=60)}")
        return _Judged(Key(label, None, refused=line.reason), line, 1)
    kid = _kid(entry)
    label = f"key {place}" if kid is None else f'key "{one_line(kid, limit=60)}"'
    try:
        _refuse_private(entry)
        fits, size = _purpose(entry, algorithms), _material(entry, min_rsa_bits)
        _refuse_kid(entry, kid, kids)
    except _Flaw as flaw:
        return _flawed(Key(label, kid, refused=flaw.reason), flaw)
    key = Key(label, kid, fits, {name: entry[name] for name in _PUBLIC if name in entry})
    unused = [name for name in _REMOTE if name in entry]
    more = f"; {' and '.join(unused)} not used" if unused else ""
    say = f"{label}: {size}, {', '.join(fits)}{more}"
    if kid is None:
        reason = f"{label} has no kid: with a second key, at the next rotation, no token could name its own"
        return _Judged(key, _line(Verdict.WARN, say, reason, expected="a kid", value=size), 2)
    return _Judged(key, _line(Verdict.PASS, say, "", value=size), 3)


def _flawed(key: Key, flaw: _Flaw) -> _Judged:
    reason = f"{key.label} {flaw.reason}"
    if flaw.ignored:
        line = _line(Verdict.SKIPPED, f"{key.label}: not used", reason)
        return _Judged(key, replace(line, required=False), 4)
    if flaw.loud:
        reason = f"{flaw.loud}: {reason}"
        return _Judged(key, _line(Verdict.FAIL, reason, reason, expected="public keys only"), 0)
    return _Judged(key, _fail(f"{key.label}: not fit to verify with", reason), 1)


def _kid(entry: Json) -> str | None:
    kid = entry.get("kid") if isinstance(entry, dict) else None
    return kid if isinstance(kid, str) and kid else None


def _private_values(entry: Json) -> list[str]:
    if not isinstance(entry, dict):
        return []
    values = (entry.get(name) for name in _PRIVATE)
    return [value for value in values if isinstance(value, str) and len(value) >= _SHORTEST_SECRET]


def _refuse_private(entry: Mapping[str, Json]) -> None:
    if entry.get("kty") == "oct" or "k" in entry:
        raise _Flaw(
            "is a shared secret: whoever can read this address can sign tokens with it",
            loud="SYMMETRIC KEY PUBLISHED",
        )
    found = [name for name in _PRIVATE if name in entry]
    if found:
        raise _Flaw(
            f"contains its private part ({', '.join(found)}): whoever can read this address can sign tokens with it",
            loud="PRIVATE KEY PUBLISHED",
        )


def _purpose(entry: Mapping[str, Json], allowed: Collection[str]) -> tuple[str, ...]:
    """The algorithms that the key may verify with, by its type, `use`, `key_ops` and `alg`."""
    use, operations, alg = entry.get("use", "sig"), entry.get("key_ops", ["verify"]), entry.get("alg")
    if use != "sig":
        raise _Flaw(f"is not for signatures (use is {_shown(use)})", ignored=True)
    if not isinstance(operations, list) or "verify" not in operations:
        raise _Flaw(f"is not for verifying (key_ops is {_shown(operations)})", ignored=True)
    if isinstance(alg, str) and (alg.lower() == "none" or alg.startswith("HS")):
        raise _Flaw(f"names the algorithm {_shown(alg)}, which a public key must never be used with")
    fits, kind = _type_of(entry)
    if alg is not None and alg not in fits:
        if alg in ASYMMETRIC:
            raise _Flaw(f"is of type {kind}, which cannot be used with alg {_shown(alg)}")
        raise _Flaw(f"is not for signatures that are known here (alg is {_shown(alg)})", ignored=True)
    chosen = tuple(name for name in fits if name in allowed and alg in (None, name))
    if not chosen:
        wanted = ", ".join(allowed)
        raise _Flaw(f"is for {_shown(alg or ', '.join(fits))}, and the playbook allows {wanted}", ignored=True)
    return chosen


def _type_of(entry: Mapping[str, Json]) -> tuple[tuple[str, ...], str]:
    """The algorithms that a key of this type and curve could be used with, and its type for people."""
    kty, curve = entry.get("kty"), entry.get("crv", "")
    if kty == "RSA":
        return _RSA, "RSA"
    kind = " ".join(_shown(value) for value in (kty, curve) if value)
    fits = _FITS.get((kty, curve)) if isinstance(kty, str) and isinstance(curve, str) else None
    if fits is None:
        raise _Flaw(f"is of a type that is not known here ({kind or 'no kty'})", ignored=True)
    return fits, kind


def _material(entry: Mapping[str, Json], min_rsa_bits: int) -> str:
    """What the key is, with its size; raises `_Flaw` where it is weak or broken."""
    if entry["kty"] == "RSA":
        bits = _bits(entry, "n")
        if bits < min_rsa_bits:
            raise _Flaw(f"is too short: RSA {bits:,} bits, at least {min_rsa_bits:,} are needed")
        if bits > _MAX_RSA_BITS or _bits(entry, "e") > 64:
            raise _Flaw("is larger than any real one; nothing is computed with it")
        size = f"RSA {bits:,} bits"
    else:
        size = f"{entry['kty']} {entry['crv']}"
    try:
        native({name: entry[name] for name in _PUBLIC if name in entry})
    except ValueError as error:
        raise _Flaw(f"is broken: {error}") from None
    return size


def _bits(entry: Mapping[str, Json], name: str) -> int:
    value = entry.get(name)
    try:
        return int.from_bytes(from_base64url(value if isinstance(value, str) else "?")).bit_length()
    except ValueError:
        raise _Flaw(f"is broken: its {name} is {_shown(value)}, not base64url") from None


def native(jwk: Mapping[str, Json]) -> Any:
    """joserfc's key for the public members `jwk`. Raises ValueError with a reason."""
    from joserfc.errors import JoseError
    from joserfc.jwk import JWKRegistry

    try:
        return JWKRegistry.import_key(dict(jwk))  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise ValueError(one_line(str(error), limit=120) or type(error).__name__) from None


def _refuse_kid(entry: Mapping[str, Json], kid: str | None, kids: Mapping[str | None, int]) -> None:
    if kid is not None and kids[kid] > 1:
        raise _Flaw(f"shares its kid with {plural(kids[kid] - 1, 'other key')}: a token could not name one of them")
    if kid is None and "kid" in entry:
        raise _Flaw(f"has the kid {_shown(entry['kid'])}, which is not a text that could name it")
    if kid is None and sum(kids.values()) > 1:
        raise _Flaw(f"has no kid, in a set of {plural(sum(kids.values()), 'key')}: a token could not name it")


def _shown(value: Json) -> str:
    return one_line(show(value), limit=60)


def _fail(say: str, reason: str) -> Result:
    return _line(Verdict.FAIL, say, reason)


def _line(verdict: Verdict, say: str, reason: str, *, expected: str = "", value: str | int = "") -> Result:
    return Result(
        verdict, say, expected, actual=str(value), reason=reason, measurement=Measurement(value=value, limit=expected)
    )
