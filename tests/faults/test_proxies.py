"""Requests through a proxy: only where the target says so, plain and as a tunnel for TLS."""

import asyncio
import contextlib
import ssl
from pathlib import Path

import pytest
import trustme

from tests.faults.ports import failure, http_port, samples, target
from tests.faults.server import Peer, Script, always, answer, serving
from warroom.contract import Request
from warroom.errors import CannotMeasure


def tunnel_to(port: int) -> Script:
    """A proxy that connects to `port` whatever it is asked for."""

    async def script(peer: Peer) -> None:
        await peer.request()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        ways = [asyncio.create_task(_copy(*way)) for way in ((peer.reader, writer), (reader, peer.writer))]
        try:
            with contextlib.suppress(ConnectionError):
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Also when the proxy itself is ended.
            for way in ways:
                way.cancel()
            writer.close()

    return script


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await source.read(65536):
        sink.write(piece)


async def test_a_plain_request_goes_to_the_proxy_whole() -> None:
    async with serving(always(answer(b"by proxy"))) as proxy:
        app = target("http://app.example/base", proxy=f"http://me:p%40ss@127.0.0.1:{proxy.port}", bearer="abc")
        async with http_port(app) as port:
            response = await port.send(Request("app", "/canary?x=1", timeout_s=30))
    assert response.body == b"by proxy"
    assert response.url == "http://app.example/base/canary?x=1"
    (request,) = proxy.requests
    assert request.startswith(b"GET http://app.example/base/canary?x=1 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic bWU6cEBzcw==\r\n" in request
    assert b"Authorization: Bearer abc\r\n" in request


async def test_tls_goes_through_a_tunnel_and_the_proxy_sees_nothing(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("app.example").configure_cert(context)
    async with serving(always(answer(b"private")), context) as server, serving(tunnel_to(server.port)) as proxy:
        app = target(
            "https://app.example",
            proxy=f"http://127.0.0.1:{proxy.port}",
            ca_file=str(tmp_path / "ca.pem"),
            bearer="canary-5ecret",
        )
        async with http_port(app) as port:
            response = await port.send(Request("app", timeout_s=30))
        taken = await samples(app)
    assert response.body == b"private"
    assert [sample.status for sample in taken] == [200] * 3
    assert all(request.startswith(b"CONNECT app.example:443 HTTP/1.1\r\n") for request in proxy.requests)
    assert not any(b"canary-5ecret" in request for request in proxy.requests)
    assert len(server.requests) == 4


async def test_a_proxy_that_refuses_is_told_of() -> None:
    async with serving(always(answer(status="403 Forbidden"))) as proxy:
        app = target("https://app.example", proxy=f"http://127.0.0.1:{proxy.port}")
        async with http_port(app) as port:
            error = await failure(port, Request("app", timeout_s=30))
        taken = await samples(app, count=2)
    assert error.message == "auto_com_center (app.example:443): the proxy refused: 403 Forbidden"
    assert (error.symptom, [sample.error for sample in taken]) == ("refused", ["refused"] * 2)


@pytest.mark.parametrize("trusted", [True, False])
async def test_the_environments_proxy_is_obeyed_only_where_the_target_trusts_it(
    trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(always(answer(b"proxy"))) as proxy, serving(always(answer(b"direct"))) as server:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        app = target(server.url, trust_env=trusted)
        async with http_port(app) as port:
            response = await port.send(Request("app", timeout_s=30))
        await samples(app)
    assert response.body == (b"proxy" if trusted else b"direct")
    assert (len(proxy.requests), len(server.requests)) == ((4, 0) if trusted else (0, 4))


@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "0xa9fea9fe", "[fe80::1]", "[::ffff:169.254.1.1]"])
async def test_a_proxy_is_not_asked_for_a_metadata_address(host: str) -> None:
    async with serving(always(answer())) as proxy:
        app = target(f"http://{host}/latest", proxy=f"http://127.0.0.1:{proxy.port}")
        async with http_port(app) as port:
            error = await failure(port, Request("app", timeout_s=30))
        with pytest.raises(CannotMeasure, match="link-local or metadata address"):
            await samples(app)
    assert (error.symptom, proxy.connections) == ("denied", 0)
