"""The sampler's child: it leaves nothing behind, and puts no secret where others can see it."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import warroom
from tests.faults.ports import samples, target
from tests.faults.server import Peer, always, answer, serving
from tests.polling import poll_until
from warroom.adapters.sampling import SamplerProcess
from warroom.clock import RealClock
from warroom.contract import Request, Sample, SampleJob
from warroom.errors import CannotMeasure

SCRIPT = Path(warroom.__file__).with_name("sampler.py")
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")


def children(of: int) -> list[int]:
    """The pids of the processes that `of` started and that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, IndexError):
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            if entry.name.isdigit() and int(parent) == of and state != "Z":
                found.append(int(entry.name))
    return found


def samplers(of: int) -> list[int]:
    return [pid for pid in children(of) if b"sampler.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def seen_by_others(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()


def ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def wait_for_end(pid: int) -> None:
    assert await poll_until(RealClock(), lambda: ended(pid), every_s=0.005, timeout_s=20)


async def silent(peer: Peer) -> None:
    await peer.request()
    await peer.until_closed()


@needs_proc
async def test_cancelled_the_child_is_gone() -> None:
    async with serving(silent) as server:
        task = asyncio.create_task(samples(target(server.url), timeout_s=300))
        assert await poll_until(RealClock(), lambda: bool(server.requests), every_s=0.005, timeout_s=20)
        (pid,) = samplers(os.getpid())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended(pid)


@needs_proc
async def test_when_the_listener_raises_the_child_is_gone_and_the_error_passes() -> None:
    class Stop(Exception):
        pass

    def stop(sample: Sample) -> None:
        raise Stop

    async with serving(always(answer())) as server:
        app = target(server.url)
        with pytest.raises(Stop):
            await SamplerProcess({"app": app}).sample(SampleJob(Request("app"), 10_000), stop)
    assert samplers(os.getpid()) == []


def job_for(url_port: int, **more: object) -> bytes:
    job = {
        "connect": ["127.0.0.1", url_port],
        "tunnel": "",
        "tls": None,
        "head": f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{url_port}\r\n\r\n",
        "body": "",
        "is_head": False,
        "idempotent": True,
        "count": 1,
        "warmup": 0,
        "reuse": True,
        "timeout_s": 300.0,
        "max_bytes": 1 << 20,
        "denied": [],
        "give_up": 3,
        "deadline_s": 600.0,
        **more,
    }
    return json.dumps(job).encode() + b"\n"


async def start_child(job: bytes) -> asyncio.subprocess.Process:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(SCRIPT)), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdin is not None
    child.stdin.write(job)
    return child


async def test_the_child_ends_when_its_input_ends() -> None:
    async with serving(silent) as server:
        child = await start_child(job_for(server.port))
        assert await poll_until(RealClock(), lambda: bool(server.requests), every_s=0.005, timeout_s=20)
        assert child.stdin is not None
        child.stdin.close()
        assert await asyncio.wait_for(child.wait(), 20) == 3


async def test_the_child_ends_at_its_own_deadline() -> None:
    async with serving(silent) as server:
        child = await start_child(job_for(server.port, deadline_s=0.2))
        assert await asyncio.wait_for(child.wait(), 20) == 4
        assert child.stdin is not None
        child.stdin.close()


@needs_proc
async def test_the_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = """
import asyncio, sys
from warroom.adapters.sampling import SamplerProcess
from warroom.contract import Request, SampleJob
from warroom.playbook.loaded import Target
port = SamplerProcess({"app": Target("app", sys.argv[1])})
asyncio.run(port.sample(SampleJob(Request("app"), 1, timeout_s=300), lambda _: None))
"""
    async with serving(silent) as server:
        parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, server.url)
        assert await poll_until(RealClock(), lambda: bool(server.requests), every_s=0.005, timeout_s=30)
        (pid,) = samplers(parent.pid)
        os.kill(parent.pid, signal.SIGKILL)
        await parent.wait()
        await wait_for_end(pid)


@needs_proc
async def test_no_secret_is_among_the_arguments_or_in_the_environment() -> None:
    async with serving(silent) as server:
        task = asyncio.create_task(samples(target(server.url, bearer="canary-5ecret"), timeout_s=300))
        assert await poll_until(RealClock(), lambda: bool(server.requests), every_s=0.005, timeout_s=20)
        (pid,) = samplers(os.getpid())
        seen = seen_by_others(pid)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert b"canary-5ecret" not in seen
    assert b"canary-5ecret" in server.requests[0]


async def test_a_child_that_breaks_says_so(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise ValueError('no job today')")
    port = SamplerProcess({"app": target("http://127.0.0.1:1")}, script=script)
    with pytest.raises(CannotMeasure, match=r"exit code 1: ValueError: no job today") as raised:
        await port.sample(SampleJob(Request("app"), 1), lambda _: None)
    assert raised.value.symptom == "internal"


def test_the_child_needs_little_of_python() -> None:
    code = "import sys, sampler; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=SCRIPT.parent, capture_output=True, text=True, check=True
    )
    loaded = set(found.stdout.split())
    assert not loaded & {"http.client", "email", "ssl", "asyncio", "typing_extensions", "subprocess", "logging"}
    assert not {name for name in loaded if name.startswith("warroom")}


async def through_a_proxy(peer: Peer) -> None:
    """A proxy for one request that answers by itself what it was asked for."""
    while True:
        raw = await peer.request()
        await peer.send(answer(raw.partition(b"\r\n")[0]))


@pytest.mark.parametrize("name", ["app.example", "unknown.invalid"])
async def test_samples_go_through_the_proxy_which_looks_the_name_up(name: str) -> None:
    async with serving(through_a_proxy) as proxy:
        address = f"http://me:p%40ss@127.0.0.1:{proxy.port}"
        taken = await samples(target(f"http://{name}/base", proxy=address), request={"path": "/canary"})
    assert [sample.status for sample in taken] == [200] * 3
    assert proxy.requests[0].startswith(f"GET http://{name}/base/canary HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic bWU6cEBzcw==\r\n" in proxy.requests[0]
    assert f"Host: {name}\r\n".encode() in proxy.requests[0]


async def test_a_proxy_that_cannot_be_used_is_named() -> None:
    with pytest.raises(CannotMeasure, match="only http:// proxies"):
        await samples(target("http://app.example", proxy="socks5://127.0.0.1:1"))
