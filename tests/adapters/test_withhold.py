"""Credentials are left out of the evidence by where they stand; what decides a check stays."""

import json

import pytest

from warroom.adapters import withhold

OPAQUE = "Zk3-9aQ.Lm0xPq/7"

# member, value
WITHHELD = [
    ("token", OPAQUE),
    ("csrf_token", OPAQUE),
    ("accessToken", OPAQUE),
    ("X-CSRF-Token", OPAQUE),
    ("api_key", OPAQUE),
    ("apikey", OPAQUE),
    ("apiKey", OPAQUE),
    ("x-api-key", OPAQUE),
    ("access_key", OPAQUE),
    ("credential", OPAQUE),
    ("credentials", OPAQUE),
    ("session", OPAQUE),
    ("session_id", OPAQUE),
    ("sessionId", OPAQUE),
    ("auth", OPAQUE),
    ("auth", f"Bearer {OPAQUE}"),
    ("token", "abcdefghijkl"),
    ("token", "correct-horse-battery"),
    ("password", "hunter2"),
    ("db_password", "hunter2"),
    ("dbPassword", "hunter2"),
    ("passwd", "hunter2"),
    ("pwd", "hunter2"),
    ("passphrase", "correct horse battery"),
    ("secret", "hunter2"),
    ("webhook_secret", "hunter2"),
    ("clientSecret", "hunter2"),
    ("CLIENT-SECRET", "hunter2"),
    ("private_key", "-----BEGIN PRIVATE KEY-----\nabc"),
    ("privateKey", "abc"),
]
KEPT = [
    ("credentials", "verified"),
    ("credentials", "not_configured"),
    ("credentials", "verification_failed"),
    ("credentials", "the key of 2025 was rotated"),
    ("session", "expired"),
    ("session", "not-established"),
    ("auth", "required"),
    ("auth", "client_credentials"),
    ("oauth", OPAQUE),
    ("token", "expired"),
    ("token", "[ACCESS_TOKEN]"),
    ("token", "no token was sent with this request"),
    ("token", "https://auth.example/oauth/token"),
    ("token_type", "urn:ietf:params:oauth"),
    ("token_endpoint", "https://auth.example/oauth/token"),
    ("access_token_url", "https://auth.example/oauth/token"),
    ("tokenizer", "bytes-to-pairs-1"),
    ("secretary", "Zk39aQLm0xPq7"),
    ("author", "Zk39aQLm0xPq7"),
    ("session_count", "123456789012"),
    ("api_key_id", "Zk39aQLm0xPq7"),
    ("passwordless", "Zk39aQLm0xPq7"),
    ("secret", ""),
    ("secret", True),
    ("secret", None),
    ("token", 123_456_789_012_345),
    ("credentials", {"state": "verified", "checked": 3}),
    ("token", ["expired", 12]),
]


def ids(rows: list[tuple[str, object]]) -> list[str]:
    return [f"{name}: {json.dumps(value)}" for name, value in rows]


@pytest.mark.parametrize(("name", "value"), WITHHELD, ids=ids([*WITHHELD]))
def test_a_credential_is_withheld(name: str, value: str) -> None:
    whole = json.dumps({"a": 1, name: value})
    assert withhold.hides(name, value)
    assert json.loads(withhold.body(whole)) == {"a": 1, name: "[withheld]"}
    # Cut off, it is no JSON any more.
    assert value not in withhold.body(whole[:-2])
    assert withhold.header(name, value).endswith("[withheld]")


IN_TEXT = [
    ("a form", "a=b&{name}={value}&c=d"),
    ("an address", "https://a.example/?{name}={value}"),
    ("a sentence", "the {name}: {value} was refused"),
    ("JSON within JSON", '{{"said": "{{\\"{name}\\": \\"{value}\\"}}"}}'),
]


@pytest.mark.parametrize("form", [row[1] for row in IN_TEXT], ids=[row[0] for row in IN_TEXT])
@pytest.mark.parametrize(("name", "value"), WITHHELD, ids=ids([*WITHHELD]))
def test_a_credential_within_a_text_is_withheld_and_nothing_else(name: str, value: str, form: str) -> None:
    value = value if value.startswith("Bearer ") else "-".join(value.split())
    shown = withhold.text(form.format(name=name, value=value))
    assert shown == form.format(name=name, value="[withheld]")


@pytest.mark.parametrize(("name", "value"), KEPT, ids=ids([*KEPT]))
def test_what_decides_a_check_is_kept(name: str, value: object) -> None:
    whole = json.dumps({"a": 1, name: value})
    assert not withhold.hides(name, value)
    assert withhold.body(whole) == whole
    assert withhold.text(f"{name}={value}") == f"{name}={value}" or not isinstance(value, str)


def test_a_credential_beside_others_leaves_them_as_they_are() -> None:
    body = json.dumps({"providers": {"credentials": "verified"}, "secret": "x", "n": [1.0, {"token": "expired"}]})
    assert json.loads(withhold.body(body)) == {
        "providers": {"credentials": "verified"},
        "secret": "[withheld]",
        "n": [1.0, {"token": "expired"}],
    }
