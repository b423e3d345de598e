"""The adapter when all is well: what it sends, what it hands on, what it keeps, and what it will not send."""

import base64
import gzip
import logging
import subprocess
import sys
import zlib
from typing import Any

import pytest

from tests.faults.ports import failure, http_port, samples, target
from tests.faults.server import Peer, always, answer, serving
from warroom import __version__
from warroom.adapters.http import HttpAdapter
from warroom.adapters.http_body import BodyError, BodyReader
from warroom.clock import RealClock
from warroom.contract import Exchange, Request
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target
from warroom.strict_json import parse_json


async def sent(request: Request, **settings: Any) -> tuple[str, list[tuple[str, str]]]:
    """The request line and the headers as the server got them, checked to be the sampler's as well."""
    async with serving(always(answer())) as server:
        app = target(server.url, **settings)
        async with http_port(app) as port:
            await port.send(request)
        await samples(
            app,
            count=1,
            request={
                "path": request.path,
                "method": request.method,
                "headers": request.headers,
                "body": request.body,
            },
        )
    ours, sampled = server.requests
    assert ours == sampled
    first, *lines = ours.partition(b"\r\n\r\n")[0].decode().replace(str(server.port), "PORT").split("\r\n")
    return first, [(name, value) for name, _, value in (line.partition(": ") for line in lines)]


async def test_what_is_sent_by_default() -> None:
    first, headers = await sent(Request("app", "/canary"))
    assert first == "GET /canary HTTP/1.1"
    assert headers == [
        ("Host", "127.0.0.1:PORT"),
        ("User-Agent", f"warroom/{__version__}"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "keep-alive"),
    ]


async def test_a_header_of_the_request_replaces_the_default() -> None:
    _, headers = await sent(Request("app", headers=(("user-agent", "probe"), ("X-Two", "1"), ("X-Two", "2"))))
    assert ("user-agent", "probe") in headers
    assert [value for name, value in headers if name == "X-Two"] == ["1", "2"]
    assert len(headers) == 7


@pytest.mark.parametrize(
    ("settings", "own", "values"),
    [
        ({"bearer": "abc"}, (), ["Bearer abc"]),
        ({"basic": "me:pässword"}, (), ["Basic " + base64.b64encode("me:pässword".encode()).decode()]),
        ({"bearer": "abc"}, (("authorization", "Bearer mine"),), ["Bearer mine"]),
        ({"bearer": "abc"}, (("Authorization", ""),), []),
        ({}, (), []),
    ],
    ids=["bearer", "basic", "the request's own wins", "an empty one sends none", "none"],
)
async def test_credentials(settings: dict[str, str], own: tuple[tuple[str, str], ...], values: list[str]) -> None:
    _, headers = await sent(Request("app", headers=own), **settings)
    assert [value for name, value in headers if name.lower() == "authorization"] == values


@pytest.mark.parametrize(
    ("base", "path", "whole"),
    [
        ("http://h", "", "http://h/"),
        ("http://h/", "/canary", "http://h/canary"),
        ("http://h/base", "canary", "http://h/base/canary"),
        ("http://h/base/", "/canary", "http://h/base/canary"),
        ("http://h/base", "", "http://h/base"),
        ("http://h/jwks.json?tenant=1", "", "http://h/jwks.json?tenant=1"),
        ("http://h/jwks.json?tenant=1", "?x=2", "http://h/jwks.json?tenant=1&x=2"),
        ("http://h", "@evil.example/", "http://h/@evil.example/"),
        ("http://h", "//evil.example/", "http://h/evil.example/"),
        ("http://h", "/a b\r\nX: y?q=ü", "http://h/a%20b%0D%0AX:%20y?q=%C3%BC"),
        ("http://h", "/done%20already", "http://h/done%20already"),
        ("http://h", "/page#part", "http://h/page"),
        ("https://h:443", "/x", "https://h/x"),
        ("https://h:8443", "/x", "https://h:8443/x"),
        ("http://[::1]:8080", "/x", "http://[::1]:8080/x"),
        ("http://bücher.example", "/x", "http://xn--bcher-kva.example/x"),
    ],
    ids=lambda value: repr(value),
)
def test_a_path_is_appended_to_the_address(base: str, path: str, whole: str) -> None:
    port = HttpAdapter({"app": Target("app", base)}, RealClock())
    assert port.url_of(Request("app", path)) == whole


@pytest.mark.parametrize(
    ("given", "told", "symptom"),
    [
        (
            Target("app", "", not_configured="GATE1_URL is not set"),
            "'app' is not configured: GATE1_URL is not set",
            "not_configured",
        ),
        (
            Target("app", "https://replit.example", human=True),
            "is a link for people and is never requested",
            "denied",
        ),
        (Target("other", "http://h"), "the playbook has no target 'app'", "not_configured"),
        (Target("app", "ftp://h"), "it is not an http or https address with a host", "not_configured"),
        (Target("app", "http://h:99999"), "the address of target 'app' cannot be used", "not_configured"),
        (Target("app", "http://h..h/"), "the name h..h does not resolve", "dns"),
        (Target("app", "http://a b/"), "the name a b does not resolve", "dns"),
    ],
    ids=[
        "not configured",
        "for people",
        "unknown",
        "another scheme",
        "no such port",
        "no host name",
        "a space in it",
    ],
)
async def test_a_target_that_cannot_be_asked(given: Target, told: str, symptom: str) -> None:
    async with http_port(given) as port:
        error = await failure(port, Request("app"))
    assert told in error.message
    assert error.symptom == symptom


@pytest.mark.parametrize("value", ["abc\r\nX-Evil: 1", "abc\n", "a\rb", "a\0b", "a\x1bb"])
async def test_a_value_that_would_break_the_head_is_refused_unseen(value: str) -> None:
    async with serving(always(answer())) as server:
        for settings in ({"bearer": value}, {}):
            headers = () if settings else (("Authorization", f"Bearer {value}"),)
            async with http_port(target(server.url, **settings)) as port:
                error = await failure(port, Request("app", headers=headers))
            assert "the value of the header Authorization contains" in error.message
            assert value not in error.message
            with pytest.raises(CannotMeasure, match="the value of the header Authorization"):
                await samples(target(server.url, **settings), request={"headers": headers})
    assert server.connections == 0


@pytest.mark.parametrize("name", ["X Y", "X:Y", "", "X\r\nY", "Ü"])
async def test_a_name_that_is_none_is_refused(name: str) -> None:
    async with http_port(target("http://127.0.0.1:1")) as port:
        error = await failure(port, Request("app", headers=((name, "1"),)))
    assert "cannot be the name of a header" in error.message


async def test_the_answer_is_handed_on_as_it_came() -> None:
    raw = answer(b"\xff\xfe{", "X-Two: 1", "x-two: 2", "X-Empty:", "X-Odd: \x1b[31m\xfc", status="404 Nope")
    async with serving(always(raw)) as server, http_port(target(server.url)) as port:
        response = await port.send(Request("app", "/x?y"))
    assert (response.status, response.body) == (404, b"\xff\xfe{")
    assert response.headers == (
        ("Content-Length", "3"),
        ("X-Two", "1"),
        ("x-two", "2"),
        ("X-Empty", ""),
        ("X-Odd", "\\e[31m\\xfc"),
    )
    assert response.header_values("X-TWO") == ("1", "2")
    assert response.url == f"{server.url}/x?y"
    assert response.elapsed_s > 0
    assert response.received_at is not None
    assert response.evidence == "kept.json"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"hello" * 99)),
        ("X-GZIP", gzip.compress(b"hello" * 99)),
        ("deflate", zlib.compress(b"hello" * 99)),
        ("identity", b"hello" * 99),
        ("", b"hello" * 99),
    ],
    ids=["gzip", "x-gzip", "deflate", "identity", "empty"],
)
async def test_a_compressed_answer_is_read(encoding: str, body: bytes) -> None:
    script = always(answer(body, f"Content-Encoding: {encoding}"))
    async with serving(script) as server, http_port(target(server.url)) as port:
        assert (await port.send(Request("app"))).body == b"hello" * 99


@pytest.mark.parametrize("size", [0, 1, 65_536, 1 << 20])
async def test_a_body_up_to_the_cap_is_read(size: int) -> None:
    async with serving(always(answer(b"x" * size))) as server, http_port(target(server.url)) as port:
        assert len((await port.send(Request("app"))).body) == size


def test_a_body_is_decoded_however_it_is_cut_into_pieces() -> None:
    raw = gzip.compress(b"hello" * 1000)
    for step in (1, 2, 7, 4096):
        reader = BodyReader("gzip", None)
        for at in range(0, len(raw), step):
            reader.feed(raw[at : at + step])
        assert reader.finish() == b"hello" * 1000


def test_the_cap_holds_to_the_byte() -> None:
    reader = BodyReader("", None, max_bytes=10)
    reader.feed(b"x" * 10)
    assert reader.finish() == b"x" * 10
    with pytest.raises(BodyError, match="at most 10 bytes are read"):
        reader.feed(b"x")


BROKEN_JSON = {
    "bad UTF-8": b'{"city": "K\xf6ln"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"p95_ms": NaN}',
    "equal keys": b'{"ok": true, "ok": false}',
    "100,000 levels": b"[" * 100_000,
}


@pytest.mark.parametrize("name", BROKEN_JSON)
async def test_json_that_cannot_be_trusted_is_told_by_its_reader(name: str) -> None:
    script = always(answer(BROKEN_JSON[name], "Content-Type: application/json; charset=klingon"))
    async with serving(script) as server, http_port(target(server.url)) as port:
        body = (await port.send(Request("app"))).body
    with pytest.raises(ValueError, match="JSON"):
        parse_json(body)


async def test_every_attempt_is_kept_with_what_was_sent() -> None:
    kept: list[Exchange] = []
    async with serving(always(answer(b"yes", "X-A: 1"))) as server, http_port(target(server.url), kept=kept) as port:
        await port.send(Request("app", "/x", "POST", (("X-B", "2"),), b"body", label="first"))
    (exchange,) = kept
    assert (exchange.label, exchange.method, exchange.url) == ("first", "POST", f"{server.url}/x")
    assert (exchange.status, exchange.response_body, exchange.request_body) == (200, b"yes", b"body")
    assert ("X-B", "2") in exchange.request_headers
    assert ("X-A", "1") in exchange.response_headers
    assert (exchange.error, exchange.note) == ("", "")


async def test_an_answer_without_length_is_noted() -> None:
    async def unframed(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\nall of it?")

    kept: list[Exchange] = []
    async with serving(unframed) as server, http_port(target(server.url), kept=kept) as port:
        assert (await port.send(Request("app"))).body == b"all of it?"
    assert kept[0].note == "the answer has no length: had it been cut off, it could not be told"


async def test_views_share_connections_and_keep_apart() -> None:
    async with serving(always(answer())) as server, http_port(target(server.url)) as port:
        for name in ("one", "two"):
            view = port.recording(lambda exchange, name=name: f"{name}/{exchange.label}")  # type: ignore[misc]
            assert (await view.send(Request("app", label="x"))).evidence == f"{name}/x"
    assert (len(server.requests), server.connections) == (2, 1)


async def test_the_libraries_log_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(always(answer())) as server, http_port(target(server.url, bearer="s3cret")) as port:
        await port.send(Request("app", "/?key=s3cret"))
    assert [record for record in caplog.records if record.name.startswith(("httpx", "httpcore"))] == []


def test_nothing_is_imported_before_the_first_request() -> None:
    code = """
import sys
from warroom.adapters.http import HttpAdapter
from warroom.adapters.sampling import SamplerProcess
print({"httpx", "httpcore", "anyio", "urllib.request", "cryptography"} & set(sys.modules))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
