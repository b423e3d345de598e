"""Names that hang, fail or lead where nothing may be sent."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.faults.ports import failure, http_port, samples, target
from tests.faults.server import always, answer, serving
from warroom import sampler
from warroom.adapters.denied import NETWORKS, is_denied
from warroom.contract import Request
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target

HUNG = [f"hung{number}.example" for number in range(10)]


@pytest.fixture
def resolve() -> Iterator[Callable[[str, int], list[str]]]:
    """A resolver that never ends for the names in HUNG, and leads every other name to this machine."""
    free = threading.Event()

    def look_up(host: str, port: int) -> list[str]:
        if host in HUNG:
            free.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "temporary failure")
        return ["127.0.0.1"]

    yield look_up
    free.set()


async def test_ten_hung_names_delay_nobody_else(resolve: Callable[[str, int], list[str]]) -> None:
    async with serving(always(answer(b"here"))) as server:
        hung = [Target(name, f"http://{name}:{server.port}") for name in HUNG]
        fine = Target("fine", f"http://fine.example:{server.port}")
        async with http_port(*hung, fine, resolve=resolve) as port:
            waiting = [asyncio.create_task(failure(port, Request(name, timeout_s=2.0))) for name in HUNG]
            await asyncio.sleep(0)
            response = await port.send(Request("fine", timeout_s=30))
            assert not any(task.done() for task in waiting)
            errors = await asyncio.gather(*waiting)
    assert response.body == b"here"
    for name, error in zip(HUNG, errors, strict=True):
        assert error.symptom == "dns"
        assert f"the look-up of the name {name} did not end within 2 s" in error.message


async def test_a_name_is_looked_up_once_for_all_who_wait_for_it() -> None:
    asked: list[str] = []
    free = threading.Event()

    def look_up(host: str, port: int) -> list[str]:
        asked.append(host)
        free.wait(60)
        return ["127.0.0.1"]

    async with serving(always(answer())) as server:
        app = target(f"http://name.example:{server.port}", connections=5)
        async with http_port(app, resolve=look_up) as port:
            tasks = [asyncio.create_task(port.send(Request("app"))) for _ in range(3)]
            tasks[0].cancel()
            await asyncio.sleep(0)
            asyncio.get_running_loop().call_later(0.05, free.set)
            results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [getattr(result, "status", 0) for result in results] == [0, 200, 200]
    assert len(asked) == 1


async def test_a_name_that_does_not_resolve_is_named() -> None:
    app = target("http://nowhere.invalid")
    async with http_port(app) as port:
        error = await failure(port, Request("app", timeout_s=30))
    with pytest.raises(CannotMeasure, match="does not resolve") as sampled:
        await samples(app)
    assert (error.symptom, sampled.value.symptom) == ("dns", "dns")
    assert error.message == "auto_com_center (nowhere.invalid:80): the name nowhere.invalid does not resolve"


def test_the_sampler_gives_up_on_a_hung_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()

    def never(*_: object, type: int) -> list[object]:  # noqa: A002
        free.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    try:
        with pytest.raises(sampler.Failed, match="dns"):
            sampler.look_up(["hung.example", 80], time.perf_counter_ns() + 50_000_000)
    finally:
        free.set()


DENIED = {
    "169.254.169.254": "the metadata service of most clouds",
    "169.254.0.1": "link-local",
    "fe80::1": "link-local, IPv6",
    "fe80::1%eth0": "link-local with a scope",
    "fd00:ec2::254": "AWS over IPv6",
    "fd20:ce::254": "Google over IPv6",
    "100.100.100.200": "Alibaba Cloud",
    "168.63.129.16": "Azure",
    "192.0.0.192": "Oracle",
    "::ffff:169.254.169.254": "mapped into IPv6",
    "64:ff9b::a9fe:a9fe": "through NAT64",
    "2002:a9fe:a9fe::1": "through 6to4",
}
ALLOWED = (
    "127.0.0.1",
    "::1",
    "10.0.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "fe00::1",
    "fec0::1",
    "100.100.100.201",
    "8.8.8.8",
)


@pytest.mark.parametrize("address", DENIED, ids=DENIED.get)
def test_denied(address: str) -> None:
    assert is_denied(address)
    assert sampler.is_denied(address, [list(network) for network in NETWORKS])


@pytest.mark.parametrize("address", ALLOWED)
def test_not_denied(address: str) -> None:
    assert not is_denied(address)
    assert not sampler.is_denied(address, [list(network) for network in NETWORKS])


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://[fe80::1]/", "http://2852039166/"])
async def test_nothing_is_sent_to_a_metadata_address(url: str) -> None:
    async with http_port(target(url)) as port:
        error = await failure(port, Request("app", timeout_s=30))
    with pytest.raises(CannotMeasure, match="link-local or metadata address") as sampled:
        await samples(target(url))
    assert (error.symptom, sampled.value.symptom) == ("denied", "denied")
    assert "link-local or metadata address" in error.message


async def test_a_name_that_leads_to_a_metadata_address_is_refused() -> None:
    async with http_port(
        target("http://innocent.example"), resolve=lambda *_: ["127.0.0.1", "169.254.169.254"]
    ) as port:
        error = await failure(port, Request("app", timeout_s=30))
    assert (error.symptom, "169.254.169.254" in error.message) == ("denied", True)


@pytest.mark.parametrize("allowed", [True, False])
async def test_only_a_target_that_says_so_may_be_link_local(allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests reach this machine alone, so this machine plays the metadata service."""
    monkeypatch.setattr("warroom.adapters.http_wire.is_denied", lambda address: address == "127.0.0.1")
    async with serving(always(answer())) as server, http_port(target(server.url, allow_link_local=allowed)) as port:
        if allowed:
            assert (await port.send(Request("app", timeout_s=30))).status == 200
        else:
            assert (await failure(port, Request("app", timeout_s=30))).symptom == "denied"
    assert server.connections == int(allowed)


async def test_the_next_address_is_tried_when_one_refuses() -> None:
    async with serving(always(answer(b"second"))) as server:
        app = target(f"http://two.example:{server.port}")
        async with http_port(app, resolve=lambda *_: ["127.0.0.2", "127.0.0.1"]) as port:
            assert (await port.send(Request("app"))).body == b"second"
