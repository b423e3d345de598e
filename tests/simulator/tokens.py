"""RS256 with nothing but `cryptography`: the simulator signs and verifies by another library."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)
from cryptography.hazmat.primitives.hashes import SHA256

Claims = dict[str, Any]


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text: str) -> int:
    return int.from_bytes(unb64(text), "big")


def verified(token: str, jwk: dict[str, str]) -> tuple[Claims, Claims]:
    """Header and claims. Raises `InvalidSignature`."""
    head, body, signature = token.split(".")
    key = RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()
    key.verify(unb64(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
    return json.loads(unb64(head)), json.loads(unb64(body))


def signed(claims: Claims, jwk: dict[str, str], *, header: Claims | None = None) -> str:
    """A token signed with a private JWK; whatever the header says, the signature is RS256."""
    d, p, q = number(jwk["d"]), number(jwk["p"]), number(jwk["q"])
    public = RSAPublicNumbers(number(jwk["e"]), number(jwk["n"]))
    numbers = RSAPrivateNumbers(p, q, d, rsa_crt_dmp1(d, p), rsa_crt_dmq1(d, q), rsa_crt_iqmp(p, q), public)
    head = header or {"alg": "RS256", "typ": "JWT", "kid": jwk["kid"]}
    text = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{text}.{b64(numbers.private_key().sign(text.encode(), PKCS1v15(), SHA256()))}"


def tampered(token: str) -> str:
    """The token with one claim changed and the signature left as it was."""
    head, body, signature = token.split(".")
    claims = {**json.loads(unb64(body)), "sub": "somebody-else"}
    return f"{head}.{b64(json.dumps(claims).encode())}.{signature}"
