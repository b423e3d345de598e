"""Keys and tokens for tests, honest ones and the ones that attackers make. Signed with cryptography, part by part."""

import base64
import functools
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NOW = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)
ISSUER, AUDIENCE, SCOPE = "https://auth.example", "auto_com_center", "events:write"
CLAIMS: Mapping[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "iat": int(NOW.timestamp()),
    "nbf": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 300,
    "scope": SCOPE,
}

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
_CURVE_OF = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_HASH = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8))


def private_key(what: str = "RSA 2048", which: int = 1) -> Private:
    """`RSA <bits>`, `EC <curve>` or `OKP`; the same one each time for the same `which`."""
    return _made(what, which)


@functools.cache
def _made(what: str, which: int) -> Private:
    kind, _, size = what.partition(" ")
    if kind == "RSA":
        return rsa.generate_private_key(65537, int(size))
    return ec.generate_private_key(_CURVES[size]) if kind == "EC" else ed25519.Ed25519PrivateKey.generate()


def key_for(alg: str, which: int = 1) -> Private:
    if alg.startswith("ES"):
        return private_key(f"EC {_CURVE_OF[alg]}", which)
    return private_key("OKP" if alg.startswith("Ed") else "RSA 2048", which)


def jwk(key: Private, **members: Any) -> dict[str, Any]:
    """The public key as a server would publish it; `members` are added, None drops one."""
    public: dict[str, Any]
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        public = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        point = key.public_key().public_numbers()
        name, size = next((n, (c.key_size + 7) // 8) for n, c in _CURVES.items() if c.name == key.curve.name)
        public = {"kty": "EC", "crv": name, "x": b64(point.x.to_bytes(size)), "y": b64(point.y.to_bytes(size))}
    else:
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        public = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
    return {
        name: value for name, value in (public | {"kid": "k1", "use": "sig"} | members).items() if value is not None
    }


def leaked(key: Private, **members: Any) -> dict[str, Any]:
    """The same with its private part; of RSA keys."""
    assert isinstance(key, rsa.RSAPrivateKey)
    secret = key.private_numbers()
    return jwk(key, **members) | {"d": number(secret.d), "p": number(secret.p), "q": number(secret.q)}


def signature(alg: str, key: Private, signed: bytes) -> bytes:
    algorithm = _HASH.get(alg[2:], _HASH["256"])
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
        return key.sign(signed, pss if alg.startswith("PS") else padding.PKCS1v15(), algorithm)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        size = (key.curve.key_size + 7) // 8
        return b"".join(part.to_bytes(size) for part in decode_dss_signature(key.sign(signed, ec.ECDSA(algorithm))))
    return key.sign(signed)


def token(
    claims: Mapping[str, Any] | None = None,
    *,
    header: Mapping[str, Any] | None = None,
    key: Private | None = None,
    without: str = "",
) -> str:
    """A token over `CLAIMS` with `claims` in place of some; `without` drops one claim. `header` adds to RS256, k1."""
    merged = {"alg": "RS256", "kid": "k1", **(header or {})}
    merged = {name: value for name, value in merged.items() if value is not None}
    body = {name: value for name, value in {**CLAIMS, **(claims or {})}.items() if name != without}
    signed = f"{b64(json.dumps(merged).encode())}.{b64(json.dumps(body).encode())}"
    alg = str(merged.get("alg"))
    return f"{signed}.{b64(signature(alg, key or key_for(alg), signed.encode()))}"


def raw_token(header: bytes, claims: bytes, *, key: Private | None = None) -> str:
    """A token over these very bytes, signed RS256."""
    signed = f"{b64(header)}.{b64(claims)}"
    return f"{signed}.{b64(signature('RS256', key or private_key(), signed.encode()))}"


def unsigned(alg: str = "none", **header: Any) -> str:
    """A token with an empty signature."""
    head = json.dumps({"alg": alg, "kid": "k1", **header}).encode()
    return f"{b64(head)}.{b64(json.dumps(dict(CLAIMS)).encode())}."


def with_public_key_as_secret(secret: bytes, alg: str = "HS256") -> str:
    """Signed with an HMAC over what everyone can read: the classical confusion of algorithms."""
    head = json.dumps({"alg": alg, "kid": "k1"}).encode()
    signed = f"{b64(head)}.{b64(json.dumps(dict(CLAIMS)).encode())}"
    return f"{signed}.{b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def public_pem(key: Private) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
