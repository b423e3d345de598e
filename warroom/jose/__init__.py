"""Key sets and access tokens: the rules that the kinds `jwks`, `oauth2` and `events` share.

RFC 7515 (signatures), 7517 (keys), 7518 (algorithms), 7519 (claims), 8037 (Ed25519). The cryptography is joserfc's,
everything that decides which key and which algorithm may prove a token stands here. Nothing is ever fetched because
a token or a key asks for it.
"""

from warroom.jose.keys import ASYMMETRIC, Key, KeySet, read_key_set
from warroom.jose.tokens import AccessToken, TokenFindings, TokenRules, tampered, verify_token

__all__ = [
    "ASYMMETRIC",
    "AccessToken",
    "Key",
    "KeySet",
    "TokenFindings",
    "TokenRules",
    "read_key_set",
    "tampered",
    "verify_token",
]
