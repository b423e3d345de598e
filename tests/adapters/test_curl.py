"""The command line of a request, run by bash against a server that shows what it was sent."""

import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote_plus, unquote_plus

import pytest

from tests.faults.ports import http_port, target
from tests.faults.server import always, answer, serving
from tests.needs import need_program
from warroom.contract import Request

ODD = 'it\'s "odd" $HOME `id` \\ !x; & | * ~ # %41 {a,b}'
SECRET = "s3cret/+ '\"$(x)\\ü"


async def bash(line: str, environ: Mapping[str, str]) -> int:
    process = await asyncio.create_subprocess_exec(
        str(need_program("bash")),
        *("-c", line),
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **environ},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    return await process.wait()


def parts(raw: bytes) -> tuple[str, dict[str, str], bytes]:
    """The request line, the headers in lower case, the body."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}, body


async def sent_twice(request: Request, secrets: Mapping[str, str], **more: Any) -> tuple[str, bytes, bytes]:
    """The command line, and the request as it came from the adapter and from curl."""
    need_program("curl")
    if secrets:
        need_program("jq")
    async with serving(always(answer())) as server:
        async with http_port(target(server.url, **more), secrets=secrets) as port:
            await port.send(request)
            line = port.curl_of(request)
        assert await bash(line, secrets) == 0, line
    ours, theirs = server.requests
    return line, ours, theirs


REQUESTS = {
    "a GET": Request("app", "/canary"),
    "a query": Request("app", "/canary?a=[1]&b={x,y}&c=it's"),
    "a path with odd signs": Request("app", "/a b/ü'$x/"),
    "a path with dots": Request("app", "/a/../b/./c"),
    "a header with odd signs": Request("app", headers=(("X-Odd", ODD),)),
    "an empty header": Request("app", headers=(("X-Empty", ""),)),
    "a header twice": Request("app", headers=(("X-Twice", "1"), ("X-Twice", "2"))),
    "a HEAD": Request("app", method="HEAD"),
    "a DELETE": Request("app", method="DELETE"),
    "a PUT": Request("app", method="PUT", body=b'{"value": "true"}', headers=(("Content-Type", "application/json"),)),
    "a POST without a body": Request("app", method="POST"),
    "a body with odd signs": Request("app", method="POST", body=ODD.encode()),
    "a body of lines": Request("app", method="POST", body=b"one\r\n\ttwo\n\x1b[31m\n"),
    "a body that looks like a file": Request("app", method="POST", body=b"@/etc/passwd"),
    "a body of all bytes": Request("app", method="POST", body=bytes(range(256))),
    "a form": Request(
        "app",
        method="POST",
        body=b"grant_type=client_credentials&scope=a+b%26c&@x&empty=",
        headers=(("Content-Type", "application/x-www-form-urlencoded"),),
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
async def test_bash_and_curl_send_the_same(name: str) -> None:
    _, ours, theirs = await sent_twice(REQUESTS[name], {})
    first, headers, body = parts(ours)
    first_again, headers_again, body_again = parts(theirs)
    assert (first, body) == (first_again, body_again)
    left_out = {"user-agent", "accept-encoding", "connection"}
    if name == "a POST without a body":
        left_out.add("content-length")
    assert {k: v for k, v in headers.items() if k not in left_out} == {
        k: v for k, v in headers_again.items() if k not in left_out
    }


async def test_every_copy_of_a_repeated_header_is_sent() -> None:
    line, _, theirs = await sent_twice(REQUESTS["a header twice"], {})
    assert theirs.count(b"X-Twice: ") == 2
    assert line.count("X-Twice") == 2


@pytest.mark.parametrize("secret", ["plain-s3cret", SECRET], ids=["a plain secret", "an odd secret"])
@pytest.mark.parametrize("place", ["bearer", "basic", "key", "query", "form", "form-encoded basic", "text"])
async def test_a_secret_is_a_variable_of_the_shell(place: str, secret: str) -> None:
    if place in ("bearer", "key") and not secret.isascii():
        secret = secret.replace("ü", "u")
    encoded = quote_plus(secret)
    pair = base64.b64encode(f"app:{encoded}".encode()).decode()
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    request, settings = {
        "bearer": (Request("app"), {"bearer": secret}),
        "basic": (Request("app"), {"basic": f"warroom:{secret}"}),
        "key": (Request("app", headers=(("X-Internal-Key", secret),)), {}),
        "query": (Request("app", f"/x?key={encoded}"), {}),
        "form": (Request("app", method="POST", headers=form, body=f"id=x&client_secret={encoded}".encode()), {}),
        "form-encoded basic": (Request("app", headers=(("Authorization", f"Basic {pair}"),)), {}),
        "text": (Request("app", method="POST", body=f"the secret {secret}, twice {secret}".encode()), {}),
    }[place]
    line, ours, theirs = await sent_twice(request, {"M2M_CLIENT_SECRET": secret}, **settings)
    assert "$M2M_CLIENT_SECRET" in line
    for spelling in (secret, encoded, base64.b64encode(secret.encode()).decode()):
        assert spelling not in line
    assert meaning(theirs) == meaning(ours)


def meaning(raw: bytes) -> tuple[str, str, Any]:
    """What a server reads of it: decoded, as there are several ways to encode."""
    first, headers, body = parts(raw)
    authorization = headers.get("authorization", "")
    if authorization.startswith("Basic "):
        authorization = unquote_plus(base64.b64decode(authorization[6:]).decode())
    is_form = "form" in headers.get("content-type", "")
    read = parse_qs(body.decode(), keep_blank_values=True) if is_form else body
    return unquote_plus(first), authorization + headers.get("x-internal-key", ""), read


async def test_files_and_the_proxy_are_named(tmp_path: Path) -> None:
    app = target(
        "https://127.0.0.1:1",
        ca_file="/etc/my ca.pem",
        client_cert="/c.pem",
        client_key="/k.pem",
        proxy="http://user:pa55word@127.0.0.1:3128",
    )
    async with http_port(app, secrets={"PROXY_PASSWORD": "pa55word"}) as port:
        line = port.curl_of(Request("app", "/x", timeout_s=2.5))
    assert line == (
        "curl -i --max-time 2.5 --cacert '/etc/my ca.pem' --cert /c.pem --key /k.pem"
        ' --proxy http://user:"$PROXY_PASSWORD"@127.0.0.1:3128 https://127.0.0.1:1/x'
    )


async def test_a_secret_in_a_spelling_without_an_expression_is_left_out() -> None:
    async with http_port(target("http://127.0.0.1:1"), secrets={"KEY": 'quo"ted-secret'}) as port:
        line = port.curl_of(Request("app", method="POST", body=b'{"key": "quo\\"ted-secret"}'))
    assert "ted-secret" not in line
    assert "[KEY]" in line


async def test_secrets_learned_later_are_named_too() -> None:
    secrets: dict[str, str] = {}
    async with http_port(target("http://127.0.0.1:1"), secrets=secrets) as port:
        secrets["access token of m2m"] = "eyJhbGciOi.J9"
        line = port.curl_of(Request("app", headers=(("Authorization", "Bearer eyJhbGciOi.J9"),)))
    assert line.startswith("curl -i --max-time 10 -H 'Authorization: Bearer '\"$ACCESS_TOKEN_OF_M2M\" ")


FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
UNNAMED = {
    "a key": (Request("app", headers=(("X-Api-Key", "hunter2"),)), "-H 'X-Api-Key: [withheld]'"),
    "a scheme stays": (
        Request("app", headers=(("Authorization", "Bearer hunter2"),)),
        "'Authorization: Bearer ''[withheld]'",
    ),
    "a password": (Request("app", headers=(("Authorization", "Basic YW5uOmh1bnRlcjI="),)), "-u ann:'[withheld]'"),
    "beside a secret": (Request("app", headers=(("Cookie", "a=hunter2; b=s3cret-77"),)), "'Cookie: ''[withheld]'"),
    "a form": (Request("app", method="POST", body=b"client_secret=hunter2&a=b", headers=FORM), "a=b"),
    "JSON": (Request("app", method="POST", body=b'{"password": "hunter2", "a": "b"}'), '"a": "b"'),
    "bytes": (Request("app", method="POST", body=b"\0password=hunter2"), "printf '[withheld]' |"),
    "an address": (Request("app", "/x?access_token=hunter2&a=b"), "&a=b"),
}


@pytest.mark.parametrize("name", UNNAMED)
async def test_a_credential_without_a_name_is_withheld(name: str) -> None:
    request, shown = UNNAMED[name]
    async with http_port(target("http://127.0.0.1:1"), secrets={"KEY": "s3cret-77"}) as port:
        line = port.curl_of(request)
    assert "hunter2" not in line
    assert "".join(f"\\{byte:03o}" for byte in b"hunter2") not in line
    assert "[withheld]" in line
    assert shown.replace("''", "") in line.replace("''", "")


NAMED = {
    "a cookie": Request("app", headers=(("Cookie", "sid=s3cret-77; b=s3cret-77"),)),
    "a scheme of its own": Request("app", headers=(("Authorization", "Token s3cret-77"),)),
    "JSON": Request("app", method="POST", body=b'{"password": "s3cret-77", "a": "x s3cret-77"}'),
    "text": Request("app", method="POST", body=b"password=s3cret-77 token=s3cret-77"),
}


@pytest.mark.parametrize("name", NAMED)
async def test_a_secret_that_has_a_name_is_not_withheld(name: str) -> None:
    line, ours, theirs = await sent_twice(NAMED[name], {"KEY": "s3cret-77"})
    assert "s3cret-77" not in line
    assert "withheld" not in line
    (_, headers, body), (_, again, body_again) = parts(ours), parts(theirs)
    assert [headers.get(key) for key in ("cookie", "authorization")] == [
        again.get(key) for key in ("cookie", "authorization")
    ]
    assert body == body_again


async def test_a_secret_stays_a_variable_where_another_credential_is_withheld() -> None:
    body = b'{"password": "hunter2", "token": "s3cret-77"}'
    async with http_port(target("http://127.0.0.1:1"), secrets={"KEY": "s3cret-77"}) as port:
        line = port.curl_of(Request("app", method="POST", body=body))
    assert """'{"password": "[withheld]", "token": "'"$KEY"'"}'""" in line
