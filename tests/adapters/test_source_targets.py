"""Sources of a playbook go as their targets say: with the authority they trust, through the proxy they name."""

import ssl
from pathlib import Path

import pytest
import trustme

from tests.adapters.test_pluggable import service
from tests.checks.server import Received
from tests.faults.server import Peer, serving
from tests.faults.test_proxies import tunnel_to
from tests.playbook.small import SMALL, load, write
from warroom.adapters.command import Commands
from warroom.adapters.http import HttpAdapter
from warroom.adapters.sources import Sources
from warroom.clock import RealClock
from warroom.launch.observing import queries_of
from warroom.slo.reading import Reading

SOURCES = pytest.mark.parametrize(
    ("source", "measure"),
    [
        pytest.param("{kind: metrics, target: app}", "value: queue_depth", id="metrics"),
        pytest.param("{kind: prometheus, target: app}", "value: queue_depth", id="prometheus"),
        pytest.param("{kind: http_json, target: app, path: /state}", "json: $.queue.depth", id="http_json"),
    ],
)
CLOCK = RealClock()


async def application(peer: Peer) -> None:
    """The service of `test_pluggable`; a proxy is asked for whole addresses."""
    head, _, body = (await peer.request()).partition(b"\r\n\r\n")
    method, address, _ = head.decode().split("\r\n")[0].split(" ")
    path = "/" + address.split("://", 1)[1].partition("/")[2] if "://" in address else address
    answer = service(Received(method, path, {}, body))
    assert answer is not None
    await peer.send(answer)


async def read(folder: Path, source: str, measure: str, target: str) -> Reading:
    """What the one signal of a playbook is whose target is so."""
    text = SMALL.replace('{url: "${APP_URL}"}', target) + (
        f"sources:\n  reporter: {source}\nsignals:\n  depth: {{source: reporter, {measure}}}\n"
    )
    playbook = load(write(folder, text), environ={"APP_URL": "http://127.0.0.1:9"})
    http = HttpAdapter(playbook.targets, CLOCK)
    sources = Sources(playbook.targets, CLOCK, wall=CLOCK, http=http, commands=Commands(CLOCK, allowed=False))
    watched = playbook.course.watched
    try:
        one = sources.of(playbook.sources["reporter"], queries_of(watched, "reporter"))
        await one.look()
        return one.reading(watched.signals["depth"].query, CLOCK.now())
    finally:
        await sources.aclose()
        await http.aclose()


def secured(folder: Path) -> ssl.SSLContext:
    """A server for app.example and this machine; who signed for it stands in `ca.pem`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "app.example").configure_cert(context)
    return context


@SOURCES
async def test_a_source_trusts_the_authority_of_its_target_and_no_other(
    source: str, measure: str, tmp_path: Path
) -> None:
    async with serving(application, secured(tmp_path)) as server:
        trusted = await read(tmp_path, source, measure, f"{{url: '{server.url}', ca_file: ca.pem}}")
        other = await read(tmp_path, source, measure, f"{{url: '{server.url}'}}")
    assert (trusted.value, trusted.reason) == (640, "")
    assert other.value is None
    assert "certificate" in other.reason


@SOURCES
async def test_a_source_goes_through_the_proxy_of_its_target(source: str, measure: str, tmp_path: Path) -> None:
    async with serving(application) as proxy:
        target = f"{{url: 'http://app.example/', proxy: 'http://me:secret@127.0.0.1:{proxy.port}'}}"
        reading = await read(tmp_path, source, measure, target)
    assert (reading.value, reading.reason) == (640, "")
    (asked,) = proxy.requests
    assert b" http://app.example/" in asked
    assert b"\r\nproxy-authorization: basic " in asked.lower()


@SOURCES
async def test_a_source_goes_through_a_tunnel_to_a_server_that_it_trusts(
    source: str, measure: str, tmp_path: Path
) -> None:
    async with serving(application, secured(tmp_path)) as server, serving(tunnel_to(server.port)) as proxy:
        target = f"{{url: 'https://app.example', ca_file: ca.pem, proxy: 'http://127.0.0.1:{proxy.port}'}}"
        reading = await read(tmp_path, source, measure, target)
    assert (reading.value, reading.reason) == (640, "")
    assert [one.split(b"\r\n")[0] for one in proxy.requests] == [b"CONNECT app.example:443 HTTP/1.1"]


@SOURCES
async def test_a_proxy_that_is_away_is_no_data_with_the_reason(source: str, measure: str, tmp_path: Path) -> None:
    reading = await read(tmp_path, source, measure, "{url: 'http://app.example', proxy: 'http://127.0.0.1:9'}")
    assert reading.value is None
    assert "refused" in reading.reason
