import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.adapters.test_sampling import needs_proc, samplers
from tests.polling import poll_until
from warroom.adapters.sampler_child import SCRIPT, SamplerChild
from warroom.adapters.sampling import SamplerProcess
from warroom.clock import RealClock
from warroom.contract import Request, SampleJob
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target


class Server(ThreadingHTTPServer):
    """Answers every request with 200 and notes how long the bodies were."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = threading.Event()
        self.lengths: list[int] = []


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.lengths.append(len(self.rfile.read(int(self.headers.get("Content-Length") or 0))))
        self.server.asked.set()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def sampler(server: Server, waiting: SamplerChild | None = None) -> SamplerProcess:
    return SamplerProcess({"app": Target("app", f"http://127.0.0.1:{server.server_port}")}, waiting=waiting)


async def test_the_first_sample_leaves_while_this_loop_is_busy(server: Server) -> None:
    job = SampleJob(Request("app", timeout_s=10), 3)
    taking = asyncio.create_task(sampler(server).sample(job, lambda _: None))
    await asyncio.sleep(0)  # the task runs up to where it first waits
    assert server.asked.wait(20)  # nothing else runs in the loop meanwhile
    assert [sample.status for sample in await taking] == [200, 200, 200]


async def test_a_job_larger_than_a_pipe_arrives_whole(server: Server) -> None:
    body = b"x" * 300_000
    job = SampleJob(Request("app", method="POST", body=body, timeout_s=10), 2)
    samples = await sampler(server).sample(job, lambda _: None)
    assert [sample.status for sample in samples] == [200, 200]
    assert server.lengths == [len(body)] * 2


@pytest.fixture
async def waiting() -> AsyncIterator[SamplerChild]:
    child = SamplerChild()
    await child.start()
    yield child
    await child.end()


async def pid_of_the_sampler() -> int:
    # Between fork and exec it goes by another name.
    assert await poll_until(RealClock(), lambda: bool(samplers(os.getpid())), every_s=0.005, timeout_s=20)
    (pid,) = samplers(os.getpid())
    return pid


async def test_a_child_that_was_started_ahead_takes_the_first_job_only(
    server: Server, waiting: SamplerChild, tmp_path: Path
) -> None:
    target = Target("app", f"http://127.0.0.1:{server.server_port}")
    port = SamplerProcess({"app": target}, script=tmp_path / "none.py", waiting=waiting)
    job = SampleJob(Request("app", timeout_s=10), 2)
    assert [sample.status for sample in await port.sample(job, lambda _: None)] == [200, 200]
    with pytest.raises(CannotMeasure, match=r"No such file"):
        await port.sample(job, lambda _: None)


@needs_proc
async def test_a_child_that_was_killed_while_it_waited_is_told_of(server: Server, waiting: SamplerChild) -> None:
    os.kill(await pid_of_the_sampler(), signal.SIGKILL)
    with pytest.raises(CannotMeasure, match=r"the sampler ended with exit code -9"):
        await sampler(server, waiting).sample(SampleJob(Request("app"), 1), lambda _: None)
    assert server.lengths == []


@needs_proc
async def test_a_child_that_was_started_ahead_is_gone_when_it_is_ended_without_a_job(waiting: SamplerChild) -> None:
    pid = await pid_of_the_sampler()
    await waiting.end()
    assert pid not in samplers(os.getpid())


def test_a_child_whose_parent_goes_away_before_the_job_ends_without_a_word() -> None:
    done = subprocess.run([sys.executable, "-I", "-S", SCRIPT], stdin=subprocess.DEVNULL, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
