"""What a key set is worth."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.jose import mint
from warroom.jose import ASYMMETRIC, KeySet, read_key_set
from warroom.units import Json
from warroom.verdict import Verdict, of_results

RSA = mint.private_key("RSA 2048")
OTHER = mint.private_key("RSA 2048", which=2)
EC = mint.private_key("EC P-256")
SHORT = mint.private_key("RSA 1024")
OCT = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ", "kid": "shared", "alg": "HS256"}


def verdict(found: KeySet) -> Verdict:
    return of_results((*found.alarms, *found.lines))


def reasons(found: KeySet) -> str:
    return "; ".join(line.reason for line in (*found.alarms, *found.lines))


def read(*keys: Any, **options: Any) -> KeySet:
    return read_key_set({"keys": list(keys)}, **options)


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        pytest.param([mint.jwk(RSA, alg="RS256")], 'key "k1": RSA 2,048 bits, RS256', id="RSA 2048"),
        pytest.param([mint.jwk(RSA)], "RS256, RS384, RS512, PS256, PS384, PS512", id="an RSA key that names no alg"),
        pytest.param([mint.jwk(EC, alg="ES256")], 'key "k1": EC P-256, ES256', id="EC P-256"),
        pytest.param([mint.jwk(mint.private_key("EC P-384"))], "EC P-384, ES384", id="EC P-384"),
        pytest.param([mint.jwk(mint.private_key("EC P-521"))], "EC P-521, ES512", id="EC P-521"),
        pytest.param([mint.jwk(mint.private_key("OKP"))], "OKP Ed25519, EdDSA, Ed25519", id="Ed25519"),
        pytest.param([mint.jwk(RSA, use=None)], "RSA 2,048 bits", id="use is optional"),
        pytest.param([mint.jwk(RSA, use=None, key_ops=["verify"])], "RSA 2,048 bits", id="key_ops verify"),
        pytest.param([mint.jwk(RSA, x5c=["MIIC"])], "x5c not used", id="a certificate is not used, and that is said"),
        pytest.param([mint.jwk(RSA), mint.jwk(EC, kid="k2")], 'key "k2"', id="two keys"),
    ],
)
def test_a_good_key_is_used(keys: list[Any], shown: str) -> None:
    found = read(*keys)
    assert verdict(found) is Verdict.PASS, reasons(found)
    assert len(found.usable) == len(keys)
    assert any(shown in line.say for line in found.lines)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        pytest.param([mint.jwk(SHORT)], "too short: RSA 1,024 bits, at least 2,048", id="RSA 1024"),
        pytest.param([mint.jwk(RSA), mint.jwk(OTHER)], "shares its kid with 1 other key", id="equal kids"),
        pytest.param(
            [mint.jwk(RSA), mint.jwk(EC, kid=None)], "has no kid, in a set of 2 keys", id="one of two lacks kid"
        ),
        pytest.param([mint.jwk(RSA, kid=7)], "has the kid 7, which is not a text", id="a kid that is a number"),
        pytest.param([mint.jwk(RSA, kid="")], "has the kid , which is not a text", id="an empty kid"),
        pytest.param([mint.jwk(RSA, alg="none")], "names the algorithm none", id="alg none"),
        pytest.param([mint.jwk(RSA, alg="HS256")], "names the algorithm HS256", id="alg HS256 on a public key"),
        pytest.param(
            [mint.jwk(RSA, alg="ES256")], "of type RSA, which cannot be used with alg ES256", id="RSA as ES256"
        ),
        pytest.param([mint.jwk(EC, alg="RS256")], "EC P-256, which cannot be used with alg RS256", id="EC as RS256"),
        pytest.param(
            [mint.jwk(EC, alg="ES384")], "which cannot be used with alg ES384", id="the wrong curve for the alg"
        ),
        pytest.param(
            [mint.jwk(RSA, use="enc")], "of 1 key none can verify a signature", id="only a key for encryption"
        ),
        pytest.param([mint.jwk(RSA, key_ops=["sign"], use=None)], "not for verifying", id="key_ops without verify"),
        pytest.param([], "the set is empty", id="an empty set"),
        pytest.param(
            [mint.jwk(RSA, n="not base64!")], "is broken: its n is not base64!", id="a modulus that is not base64url"
        ),
        pytest.param([mint.jwk(RSA, n=None)], "is broken: its n is null", id="no modulus"),
        pytest.param([mint.jwk(RSA, e="AQ")], "is broken", id="an exponent of one"),
        pytest.param([mint.jwk(RSA, n="_" * 8_000)], "larger than any real one", id="a modulus of 48,000 bits"),
        pytest.param(
            [mint.jwk(RSA, e=mint.number(2**100 + 1))], "larger than any real", id="an exponent of 101 bits"
        ),
        pytest.param([mint.jwk(EC, y=mint.b64(b"\1" * 32))], "is broken", id="a point that is not on its curve"),
        pytest.param(["k1"], "key 1 is not an object but k1", id="an entry that is text"),
        pytest.param([mint.jwk(RSA, kid=f"k{n}") for n in range(101)], "more than 100 are not read", id="101 keys"),
    ],
)
def test_a_set_that_cannot_be_trusted_fails(keys: list[Any], reason: str) -> None:
    found = read(*keys)
    assert verdict(found) is Verdict.FAIL
    assert reason in reasons(found)


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        pytest.param(
            mint.jwk(OTHER, kid="k2", use="enc"), "is not for signatures (use is enc)", id="one for encryption"
        ),
        pytest.param(
            mint.jwk(OTHER, kid="k2", use=None, alg="RSA-OAEP"),
            "alg is RSA-OAEP",
            id="one whose alg is for encryption",
        ),
        pytest.param(
            {"kty": "AKP", "kid": "k2", "alg": "ML-DSA-44", "pub": "AA"},
            "type that is not known",
            id="a new key type",
        ),
        pytest.param(
            {"kty": "EC", "crv": "secp256k1", "kid": "k2", "x": "AA", "y": "AA"}, "EC secp256k1", id="another curve"
        ),
        pytest.param(mint.jwk(OTHER, kid="k2", alg="RS512"), "playbook allows RS256", id="an alg not asked for"),
    ],
)
def test_a_key_that_is_not_for_us_is_listed_and_never_used(extra: dict[str, Any], reason: str) -> None:
    found = read(mint.jwk(RSA, alg="RS256"), extra, algorithms=("RS256",))
    assert verdict(found) is Verdict.PASS
    assert [key.kid for key in found.usable] == ["k1"]
    assert reason in reasons(found)
    assert any(line.verdict is Verdict.SKIPPED and not line.required for line in found.lines)


@pytest.mark.parametrize(
    ("entry", "loud", "secret"),
    [
        pytest.param(mint.leaked(RSA), "PRIVATE KEY PUBLISHED", mint.leaked(RSA)["d"], id="RSA with d, p, q"),
        pytest.param(mint.jwk(RSA, d="AAAA"), "PRIVATE KEY PUBLISHED", "", id="a private exponent alone"),
        pytest.param(mint.jwk(RSA, oth=[]), "PRIVATE KEY PUBLISHED", "", id="other primes"),
        pytest.param(
            mint.jwk(EC, d="MTIzNDU2Nzg5MDEyMzQ1Ng"),
            "PRIVATE KEY PUBLISHED",
            "MTIzNDU2Nzg5MDEyMzQ1Ng",
            id="EC with d",
        ),
        pytest.param(
            mint.jwk(mint.private_key("OKP"), d="MTIzNDU2Nzg5MDEyMzQ1Ng"),
            "PRIVATE KEY PUBLISHED",
            "MTIzNDU2Nzg5MDEyMzQ1Ng",
            id="OKP with d",
        ),
        pytest.param(
            mint.leaked(RSA, use="enc"), "PRIVATE KEY PUBLISHED", mint.leaked(RSA)["d"], id="even for encryption"
        ),
        pytest.param(OCT, "SYMMETRIC KEY PUBLISHED", OCT["k"], id="oct"),
        pytest.param(
            {"kty": "RSA", "k": OCT["k"]}, "SYMMETRIC KEY PUBLISHED", OCT["k"], id="a secret in another type"
        ),
    ],
)
def test_a_secret_key_in_the_set_is_shown_before_everything_else(
    entry: dict[str, Any], loud: str, secret: str
) -> None:
    found = read(mint.jwk(OTHER, kid="good"), mint.jwk(SHORT, kid="short"), entry)
    assert [line.verdict for line in found.alarms] == [Verdict.FAIL]
    assert found.alarms[0].say.startswith(loud)
    assert verdict(found) is Verdict.FAIL
    assert [key.kid for key in found.usable] == ["good"]
    shown = repr(found) + reasons(found) + " ".join(line.say + line.actual for line in (*found.alarms, *found.lines))
    assert not secret or (secret in found.leaked and secret not in shown)


def test_a_server_cannot_black_out_words_of_the_report_by_calling_them_private() -> None:
    assert read(mint.jwk(RSA, d="true"), mint.jwk(EC, d="verify", kid="k2")).leaked == ()


def test_a_single_key_without_kid_is_a_warning_about_the_next_rotation() -> None:
    found = read(mint.jwk(RSA, kid=None))
    assert verdict(found) is Verdict.WARN
    assert len(found.usable) == 1
    assert "next rotation" in reasons(found)


@pytest.mark.parametrize(
    "document", [None, [], "keys", 7, {}, {"keys": {}}, {"keys": None}, {"error": "not found"}], ids=str
)
def test_a_document_of_another_form_is_no_key_set(document: Json) -> None:
    found = read_key_set(document)
    assert verdict(found) is Verdict.FAIL
    assert "not a JWK set" in reasons(found)


def test_the_shortest_key_accepted_can_be_raised() -> None:
    assert "at least 3,072" in reasons(read(mint.jwk(RSA), min_rsa_bits=3072))


def test_no_algorithm_without_a_public_key_is_ever_allowed() -> None:
    assert not [name for name in ASYMMETRIC if name.startswith("HS") or name == "none"]


def test_foreign_text_in_a_key_is_shown_with_visible_escapes() -> None:
    found = read(
        mint.jwk(RSA, kid="\x1b[31m[/red]\u202e", alg="RS256"), mint.jwk(OTHER, kid="\x9b", use="\x1b]52;c;")
    )
    shown = "".join(line.say + line.reason for line in found.lines)
    assert shown.isprintable()
    assert "\\e[31m" in shown


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)
_member = st.sampled_from(("kty", "crv", "kid", "use", "key_ops", "alg", "n", "e", "x", "y", "d", "k", "x5c"))


@given(
    st.lists(st.dictionaries(_member, _json | st.sampled_from(("RSA", "EC", "OKP", "sig", "P-256", "RS256", "AQAB"))))
)
def test_whatever_a_set_holds_it_is_judged_and_nothing_unfit_is_used(keys: list[dict[str, Any]]) -> None:
    found = read(*keys)
    assert len(found.keys) == len(keys)
    assert verdict(found) is not Verdict.PASS or found.usable
    assert all(
        not any(name in entry for name in ("d", "k"))
        for entry, key in zip(keys, found.keys, strict=True)
        if not key.refused
    )
