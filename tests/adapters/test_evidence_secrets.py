"""What the evidence must not hold: known secrets in any spelling, and credentials by where they stand."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from tests.adapters.evidences import everything, exchange, kept, store_in
from tests.canaries import CANARIES, redactor_of_all, spelled, texts
from warroom.adapters.evidence import EvidenceStore
from warroom.redact import Redactor

HEADERS = [
    "Authorization",
    "PROXY-AUTHORIZATION",
    "cookie",
    "Set-Cookie",
    "X-Internal-Key",
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("side", ["request_headers", "response_headers"])
def test_headers_that_carry_credentials_are_withheld_though_unknown(
    store: EvidenceStore, header: str, side: str
) -> None:
    kept(store, exchange(**{side: ((header, "Bearer hunter2hunter2"), (header, "hunter2"))}))
    assert "hunter2" not in everything(store)
    assert f'"{header}: Bearer [withheld]"' in everything(store)


MEMBERS = ["client_secret", "access_token", "refresh_token", "id_token", "assertion", "client_assertion"]
FORMS = {
    "JSON": '{{"{0}": "hunter2", "other": 1}}',
    "JSON in another case": '{{"{1}": "hunter2"}}',
    "JSON with an escaped name": '{{"{2}": "hunter2"}}',
    "JSON, deeper, with escapes in the value": '[{{"a": {{"{0}": "x \\" hunter2"}}}}]',
    "JSON with a value that is no text": '{{"{0}": ["hunter2", {{"a": "hunter2"}}]}}',
    "JSON where it stands twice": '{{"{0}": "hunter2", "{0}": "hunter2"}}',
    "JSON that was cut inside the value": '{{"a": 1, "{0}": "hunter2, hunter2',
    "JSON that was cut behind the value": '{{"{0}": "x \\" hunter2", "oth',
    "JSON inside text": '{{"error": "{{\\"{0}\\": \\"hunter2\\"}}"}}',
    "a form": "grant_type=x&{0}=hunter2%20hunter2&a=b",
    "a form that begins with it": "{0}=hunter2",
    "text": "the {0}: hunter2 was refused",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("side", ["request_body", "response_body"])
def test_members_that_carry_credentials_are_withheld_though_unknown(
    store: EvidenceStore, form: str, member: str, side: str
) -> None:
    escaped = member.replace("_", "\\u005f") if "_" in member else member.replace("a", "\\u0061")
    record = kept(store, exchange(**{side: form.format(member, member.upper(), escaped).encode()}))
    assert "hunter2" not in json.dumps(record)
    assert "[withheld]" in json.dumps(record)


def test_a_member_given_twice_is_kept_twice_beside_a_credential(store: EvidenceStore) -> None:
    response = kept(store, exchange(response_body=b'{"a": 1, "a": 2, "id_token": "x"}'))["response"]
    assert isinstance(response, dict)
    assert json.loads(response["body"]) == {"a": 1, "a (2)": 2, "id_token": "[withheld]"}


def test_what_is_no_credential_stays_as_it_was(store: EvidenceStore) -> None:
    keys = '"keys": [{"kty":"RSA","n":"abc","e":"AQAB"}]'
    body = f'{{"token_type":"Bearer",  "access_token_url": "https://a.example/x", {keys}}}'
    response = kept(store, exchange(response_body=body.encode()))["response"]
    assert isinstance(response, dict)
    assert response["body"] == body


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "k"])
def test_a_private_key_in_a_key_set_is_withheld(store: EvidenceStore, member: str) -> None:
    kept(store, exchange(response_body=json.dumps({"keys": [{"kty": "RSA", member: "hunter2"}]}).encode()))
    assert "hunter2" not in everything(store)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param({"url": "https://user:hunter2@127.0.0.1/"}, id="user info in the address"),
        pytest.param({"url": "https://127.0.0.1/?a=b&access_token=hunter2"}, id="a parameter of the address"),
        pytest.param({"response_headers": (("location", "https://x.example/#id_token=hunter2"),)}, id="a redirect"),
        pytest.param(
            {"response_body": b'{"access_token": "hunter2"' + b', "a": 1' * 100_000 + b"}"}, id="100,000 members"
        ),
        pytest.param({"error": "GET /?client_secret=hunter2 failed"}, id="an error's text"),
        pytest.param({"response_body": b"got eyJhbGciOiJub25lIn0.eyJhIjoxfQ.hunter2"}, id="a token in any text"),
        pytest.param(
            {"response_body": b'{"a":' * 5000 + b'{"access_token": "hunter2"}' + b"}" * 5000}, id="deep JSON"
        ),
    ],
)
def test_credentials_elsewhere_are_withheld(store: EvidenceStore, place: dict[str, object]) -> None:
    kept(store, exchange(**place))
    assert "hunter2" not in everything(store)


@pytest.mark.parametrize("name", CANARIES)
def test_no_spelling_of_a_secret_reaches_the_disk(tmp_path: Path, name: str) -> None:
    secret = CANARIES[name]
    store = store_in(tmp_path, redactor_of_all())
    store.open()
    port = store.for_check("canary")
    for text in spelled(secret):
        raw = text.encode()
        headers = (("x-echo", text), (text, "x"))
        record = exchange(
            url=f"http://127.0.0.1/{text}", request_headers=headers, request_body=raw, error=text, note=text
        )
        store.record_exchange("canary", record)
        store.record_exchange("canary", exchange(response_headers=headers, response_body=raw + b"\xff"))
        store.record_exchange("canary", exchange(response_body=json.dumps({text: [text]}).encode()))
        port.save_json("data", {text: [text, {"a": text, "b": raw, "c": (text,), "d": {text}}]})
        port.save_text("text", f"before {text} after")
        store.write_log(f"before {text} after\n")
    if secret.isdigit():
        port.save_json("number", {"n": int(secret)})
    assert_nothing_of(secret, tmp_path)
    store.finish()
    assert_nothing_of(secret, tmp_path)


def assert_nothing_of(secret: str, base: Path) -> None:
    written = [path for path in base.rglob("*") if path.is_file()]
    assert len(written) >= 26
    for path in written:
        content = path.read_text("utf-8")
        # A backslash is written as two: a spelling that holds one is seen only when the file is read as JSON.
        read = "\n".join(texts(json.loads(content))) if path.suffix == ".json" else content
        for text in (*spelled(secret), json.dumps(secret)[1:-1]):
            assert text not in content, path
            assert text not in read, path
        assert not any(text.encode() in _unpacked(content) for text in spelled(secret)), path


def _unpacked(content: str) -> bytes:
    """The bytes of all bodies kept as base64."""
    try:
        record = json.loads(content)
    except ValueError:
        return b""
    sides = [record.get(side) or {} for side in ("request", "response")] if isinstance(record, dict) else []
    return b"".join(base64.b64decode(side["body"]) for side in sides if side.get("encoding") == "base64")


def test_a_secret_that_becomes_known_later_is_taken_out_of_what_was_written(tmp_path: Path) -> None:
    redactor = Redactor()
    store = store_in(tmp_path, redactor)
    store.open()
    name = store.for_check("m2m").save_json("answer", {"said": "opaque-token-value"})
    assert "opaque-token-value" in (store.dir / name).read_text()
    redactor.add("ACCESS_TOKEN", "opaque-token-value")
    store.finish()
    content = (store.dir / name).read_bytes()
    listed = json.loads((store.dir / "manifest.json").read_bytes())["files"]
    assert json.loads(content) == {"said": "[ACCESS_TOKEN]"}
    assert listed == [{"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}]
