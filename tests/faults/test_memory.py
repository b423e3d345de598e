"""What a hostile server can make the program take: at most 20 MB."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.faults import faults
from tests.faults.server import Peer, answer, serving

MOST_KIB = 20_000
LARGE = {
    b"/bomb": faults.GZIP_BOMB,
    b"/deflate": faults.DEFLATE_BOMB,
    b"/chunks": faults.endless_chunks,
    b"/headers": faults.endless_headers,
    b"/body": faults.endless_body,
    b"/length": faults.ten_gigabytes,
}


class Again(Peer):
    """A connection whose first request was read already."""

    async def request(self) -> bytes:
        if self.log:
            return self.log.pop()
        return await super().request()


async def by_path(peer: Peer) -> None:
    """Each path has its fault."""
    while True:
        raw = await peer.request()
        path = raw.split(b" ")[1]
        if path not in LARGE:
            await peer.send(answer())
            continue
        await LARGE[path](Again(peer.reader, peer.writer, [raw]))
        return


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
@pytest.mark.parametrize("part", ["adapter", "sampler"])
async def test_memory_grows_by_at_most_20_mb(part: str) -> None:
    async with serving(by_path) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.memory", part, server.url, *(path.decode() for path in LARGE)),
            cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert int(out) <= MOST_KIB
    assert {request.split(b" ")[1] for request in server.requests} == {*LARGE, b"/fine"}
