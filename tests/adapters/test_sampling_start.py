import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from warroom.adapters.sampling import SamplerProcess
from warroom.contract import Request, SampleJob
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


def sampler(server: Server) -> SamplerProcess:
    return SamplerProcess({"app": Target("app", f"http://127.0.0.1:{server.server_port}")})


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
