"""Which tokens are accepted, and why none of the others is."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.jose import mint
from tests.jose.mint import NOW, token
from warroom.jose import ASYMMETRIC, KeySet, TokenFindings, TokenRules, read_key_set, tampered, verify_token
from warroom.verdict import Verdict, of_results

RULES = TokenRules(issuer=mint.ISSUER, audience=mint.AUDIENCE, scope=mint.SCOPE)
RSA = mint.private_key("RSA 2048")
ATTACKER = mint.private_key("RSA 2048", which=2)
SHORT = mint.private_key("RSA 1024")
KEYS = read_key_set({"keys": [mint.jwk(RSA, alg="RS256")]})


def keys(*entries: dict[str, Any]) -> KeySet:
    return read_key_set({"keys": list(entries)})


def verify(value: str, key_set: KeySet | None = KEYS, rules: TokenRules = RULES) -> TokenFindings:
    return verify_token(value, key_set, rules, now=NOW)


def at(seconds: float) -> int:
    return int((NOW + timedelta(seconds=seconds)).timestamp())


def texts(found: TokenFindings) -> str:
    return " ".join(f"{line.say} {line.expected} {line.actual} {line.reason}" for line in found.lines)


@pytest.mark.parametrize("alg", ASYMMETRIC)
def test_a_token_of_every_allowed_algorithm_is_accepted(alg: str) -> None:
    published = mint.jwk(mint.key_for(alg), alg=alg)
    found = verify(token(header={"alg": alg}), keys(published))
    assert found.accepted, texts(found)
    assert of_results(found.lines) is Verdict.PASS


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(token({"aud": ["another", mint.AUDIENCE]}), id="several audiences, ours among them"),
        pytest.param(token({"scope": f"a {mint.SCOPE} b"}), id="more scopes than asked for"),
        pytest.param(token({"scp": [mint.SCOPE]}, without="scope"), id="scp as a list"),
        pytest.param(token(without="nbf"), id="no nbf"),
        pytest.param(token(without="iat"), id="no iat"),
        pytest.param(token({"exp": at(-29), "iat": at(-300)}), id="expired within the leeway"),
        pytest.param(token({"nbf": at(30)}), id="begins within the leeway"),
        pytest.param(token({"exp": at(60) + 0.5}), id="an instant with a fraction"),
        pytest.param(token(header={"kid": None}), id="no kid, and only one key that fits"),
        pytest.param(token(header={"typ": "at+jwt"}), id="typ at+jwt"),
        pytest.param(token(header={"x5t": "AAAA"}), id="a thumbprint"),
    ],
)
def test_a_good_token_is_accepted(value: str) -> None:
    found = verify(value)
    assert found.accepted, texts(found)


ATTACKS = [
    pytest.param(token({"exp": at(-30)}), "expired", id="expired"),
    pytest.param(token({"nbf": at(31)}), "not_yet_valid", id="not valid yet"),
    pytest.param(token({"iat": at(3600)}), "iat_future", id="issued in the future"),
    pytest.param(token({"iat": at(20), "exp": at(10)}), "iat_after_exp", id="issued after its own end"),
    pytest.param(token({"iss": "https://auth.example.evil"}), "iss", id="another issuer"),
    pytest.param(token({"iss": [mint.ISSUER]}), "iss", id="an issuer that is a list"),
    pytest.param(token(without="iss"), "iss_missing", id="no issuer"),
    pytest.param(token({"aud": "scholarship_api"}), "aud", id="another audience"),
    pytest.param(token({"aud": mint.AUDIENCE.upper()}), "aud", id="an audience in other letters"),
    pytest.param(token({"aud": [mint.AUDIENCE, 7]}), "aud", id="an audience that is no text beside ours"),
    pytest.param(token(without="aud"), "aud_missing", id="no audience"),
    pytest.param(token(without="exp"), "exp_missing", id="no exp"),
    pytest.param(token({"exp": str(at(300))}), "exp_type", id="exp as text"),
    pytest.param(token({"exp": True}), "exp_type", id="exp true"),
    pytest.param(token({"exp": None}), "exp_type", id="exp null"),
    pytest.param(token({"exp": 1e300}), "exp_type", id="exp in the year 10^292"),
    pytest.param(token({"exp": at(300) * 1000}), "exp_type", id="exp in milliseconds"),
    pytest.param(token({"nbf": "now"}), "nbf_type", id="nbf as text"),
    pytest.param(token({"scope": "events:read"}), "scope", id="another scope"),
    pytest.param(token(without="scope"), "scope_missing", id="no scope"),
    pytest.param(mint.unsigned(), "alg_none", id="alg none"),
    pytest.param(mint.unsigned("None"), "alg_none", id="alg None"),
    pytest.param(token(header={"alg": "RS256"}).rpartition(".")[0] + ".", "signature", id="signature cut off"),
    pytest.param(
        mint.with_public_key_as_secret(mint.public_pem(RSA)), "alg_symmetric", id="HS256 with the public key as PEM"
    ),
    pytest.param(
        mint.with_public_key_as_secret(json.dumps(mint.jwk(RSA, alg="RS256")).encode()),
        "alg_symmetric",
        id="HS256 with the public key as JWK",
    ),
    pytest.param(token(key=ATTACKER), "signature", id="signed by somebody else"),
    pytest.param(token(header={"jwk": mint.jwk(ATTACKER)}, key=ATTACKER), "jwk", id="its own key in the header"),
    pytest.param(
        token(header={"jku": "http://127.0.0.1:9/keys", "kid": "k9"}, key=ATTACKER),
        "jku",
        id="a jku of its own",
    ),
    pytest.param(token(header={"x5u": "http://127.0.0.1:9/c"}, key=ATTACKER), "x5u", id="an x5u of its own"),
    pytest.param(token(header={"x5c": ["MIIC"]}, key=ATTACKER), "x5c", id="an x5c of its own"),
    pytest.param(token(header={"crit": ["exp"], "exp": 1}), "crit", id="an unknown crit"),
    pytest.param(token(header={"crit": ["b64"], "b64": False}), "crit", id="crit b64, which other libraries obey"),
    pytest.param(token(header={"crit": []}), "crit", id="an empty crit"),
    pytest.param(token(header={"kid": "k2"}), "kid_unknown", id="a kid that is not in the set"),
    pytest.param(token(header={"kid": ["k1"]}), "kid_unknown", id="a kid that is a list"),
    pytest.param(token(header={"kid": "../../dev/null"}), "kid_unknown", id="a kid that is a path"),
    pytest.param(token(header={"alg": "PS256"}), "alg_not_of_key", id="an algorithm that the key is not for"),
    pytest.param(token(header={"alg": "ES256"}), "alg_not_of_key", id="the algorithm of another key type"),
    pytest.param(
        mint.raw_token(b'{"alg":"ES256K","kid":"k1"}', b"{}"),
        "alg_not_allowed",
        id="an algorithm that is not allowed",
    ),
    pytest.param(mint.raw_token(b'{"kid":"k1"}', b"{}"), "alg_missing", id="no algorithm"),
    pytest.param(mint.raw_token(b'{"alg":["RS256"],"kid":"k1"}', b"{}"), "alg_missing", id="a list of algorithms"),
    pytest.param(
        mint.raw_token(b'{"alg":"none","alg":"RS256","kid":"k1"}', b"{}"),
        "header_json",
        id="two algorithms in the header",
    ),
    pytest.param(
        mint.raw_token(b'{"alg":"RS256","kid":"k1"}', b'{"exp":1,"exp":9999999999}'), "claims_json", id="two exp"
    ),
    pytest.param(mint.raw_token(b'{"alg":"RS256","kid":"k1"}', b'{"exp":NaN}'), "claims_json", id="exp NaN"),
    pytest.param(mint.raw_token(b'{"alg":"RS256","kid":"k1"}', b"[]"), "claims_json", id="claims that are a list"),
    pytest.param(mint.raw_token(b'{"alg":"RS256"', b"{}"), "header_json", id="a header that is not JSON"),
    pytest.param(
        mint.raw_token(b"[" * 100_000, b"{}")[:16_000] + ".e30.AA", "header_json", id="a header nested deeply"
    ),
    pytest.param(token() + "=", "signature_encoding", id="padding"),
    pytest.param(" " + token(), "header_encoding", id="a blank in front"),
    pytest.param(token() + "\n", "signature_encoding", id="a line end behind"),
    pytest.param(token().replace(".", ".\u200b", 1), "claims_encoding", id="a sign without width"),
    pytest.param("\u00e9" * 40 + "..", "header_encoding", id="letters that are not ASCII"),
    pytest.param(token() + ".e30.AA", "encrypted", id="five parts"),
    pytest.param("e30.e30", "segments", id="two parts"),
    pytest.param("", "segments", id="nothing"),
    pytest.param("..", "header_json", id="three empty parts"),
    pytest.param("A" * 5_000_000, "too_large", id="5 MB"),
    pytest.param(token({"pad": "x" * 20_000}), "too_large", id="a well-signed token of 27 KB"),
]


@pytest.mark.parametrize(("value", "violation"), ATTACKS)
def test_an_attack_is_refused_by_name(value: str, violation: str) -> None:
    found = verify(value)
    assert not found.accepted
    assert violation in found.violations
    assert of_results(found.lines) is Verdict.FAIL


@pytest.mark.parametrize(
    ("entries", "value", "violation"),
    [
        pytest.param([mint.jwk(SHORT)], token(key=SHORT), "key_refused", id="RSA 1024"),
        pytest.param(
            [mint.jwk(RSA), mint.jwk(ATTACKER)], token(), "kid_ambiguous", id="equal kids, although one of them fits"
        ),
        pytest.param([mint.jwk(RSA, use="enc")], token(), "key_refused", id="use enc"),
        pytest.param([mint.leaked(RSA)], token(), "key_refused", id="a private key that everyone can read"),
        pytest.param([mint.jwk(RSA, alg="none")], token(), "key_refused", id="a key with alg none"),
        pytest.param(
            [{"kty": "oct", "k": mint.b64(b"0" * 32), "kid": "k1"}],
            mint.with_public_key_as_secret(b"0" * 32),
            "alg_symmetric",
            id="an oct key and its own HS256 token",
        ),
        pytest.param(
            [mint.jwk(SHORT)], token(key=SHORT, header={"kid": None}), "no_key", id="no kid, and no key that fits"
        ),
        pytest.param(
            [mint.jwk(RSA), mint.jwk(ATTACKER, kid="k2")],
            token(header={"kid": None}),
            "kid_missing",
            id="no kid, and two keys that fit",
        ),
        pytest.param([], token(), "kid_unknown", id="an empty set"),
    ],
)
def test_a_key_that_cannot_be_trusted_proves_nothing(
    entries: list[dict[str, Any]], value: str, violation: str
) -> None:
    found = verify(value, keys(*entries))
    assert violation in found.violations
    assert not found.accepted


def test_a_token_may_only_use_what_the_playbook_allows() -> None:
    found = verify(token(), rules=TokenRules(algorithms=("ES256",)))
    assert found.violations == ("alg_not_allowed",)
    assert "expected ES256" in texts(found)


def test_without_a_key_set_the_signature_is_undecided_for_the_reason_given() -> None:
    found = verify_token(token(), None, RULES, now=NOW, no_keys="'jwks' gave none (404)")
    assert of_results(found.lines) is Verdict.INCONCLUSIVE
    assert not found.accepted
    assert "'jwks' gave none (404)" in texts(found)


def test_what_is_not_checked_is_said() -> None:
    found = verify(token(), rules=TokenRules())
    said = {line.say: line for line in found.lines}
    assert said["iss: not checked"].verdict is Verdict.SKIPPED
    assert said["aud: not checked"].required is False
    assert found.accepted


@pytest.mark.parametrize(
    ("member", "value"),
    [
        pytest.param("jku", "https://auth.example/other-keys", id="jku"),
        pytest.param("jku", "", id="an empty jku"),
        pytest.param("jwk", mint.jwk(RSA), id="jwk, even of the key that signed it"),
        pytest.param("x5u", "https://auth.example/chain.pem", id="x5u"),
        pytest.param("x5c", ["MIIC"], id="x5c"),
        pytest.param("crit", ["exp"], id="crit"),
    ],
)
def test_a_rightly_signed_token_that_names_its_own_proof_or_unknown_demands_is_refused(
    member: str, value: Any
) -> None:
    found = verify(token(header={member: value}))
    assert found.violations == (member,)
    assert of_results(found.lines) is Verdict.FAIL
    assert not found.accepted


def test_every_broken_rule_is_named_not_only_the_first() -> None:
    found = verify(token({"iss": "x", "aud": "y", "exp": at(-600), "iat": at(-900)}, key=ATTACKER))
    assert found.violations == ("signature", "iss", "aud", "expired")


def test_no_text_holds_the_token_or_its_signature() -> None:
    for attack in ATTACKS:
        value = str(attack.values[0])
        last = value.rpartition(".")[2]
        found = verify(value)
        shown = texts(found) + repr(found)
        assert value[:5_000] not in shown or len(value) < 20
        assert len(last) < 40 or last[:40] not in shown


def test_foreign_text_in_a_token_is_shown_with_visible_escapes() -> None:
    found = verify(token({"iss": "\x1b[2J[@click=app.quit]", "aud": "\u202e"}, header={"kid": "\x9b31m"}))
    assert texts(found).isprintable()


GOOD = {
    "RS256": token(),
    "ES256": token(header={"alg": "ES256", "kid": "k2"}),
    "EdDSA": token(header={"alg": "EdDSA", "kid": "k3"}),
}
GOOD_KEYS = keys(mint.jwk(RSA), mint.jwk(mint.key_for("ES256"), kid="k2"), mint.jwk(mint.key_for("EdDSA"), kid="k3"))


@given(st.sampled_from(sorted(GOOD)), st.integers(0, 10_000), st.integers(0, 255))
@example("RS256", len(GOOD["RS256"]) - 1, ord("B"))
def test_any_single_byte_changed_is_refused(alg: str, place: int, byte: int) -> None:
    good = GOOD[alg].encode()
    assert verify(good.decode(), GOOD_KEYS).accepted
    place %= len(good)
    changed = good[:place] + bytes([byte]) + good[place + 1 :]
    if changed != good:
        assert not verify(changed.decode("latin-1"), GOOD_KEYS).accepted


@pytest.mark.parametrize("alg", sorted(GOOD))
def test_every_last_sign_but_the_right_one_is_refused(alg: str) -> None:
    good = GOOD[alg]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/="
    accepted = [sign for sign in alphabet if verify(good[:-1] + sign, GOOD_KEYS).accepted]
    assert accepted == [good[-1]]


@pytest.mark.parametrize("alg", sorted(GOOD))
def test_a_tampered_token_looks_the_same_and_is_refused_for_its_signature_alone(alg: str) -> None:
    found = verify(tampered(GOOD[alg]), GOOD_KEYS)
    assert found.violations == ("signature",)
    assert len(tampered(GOOD[alg])) == len(GOOD[alg])


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=1))
def test_whatever_a_token_is_the_tampered_one_is_another(value: str) -> None:
    assert tampered(value) != value


@given(st.text())
def test_text_that_is_no_token_is_refused(value: str) -> None:
    assert not verify(value).accepted
