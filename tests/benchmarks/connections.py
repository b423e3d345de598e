"""How many connections a verification opens: counted by a proxy that accepts them, used or not."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.benchmarks.programs import SCRIPT, find, run
from tests.benchmarks.rows import Row, not_measured
from tests.benchmarks.verify import verify_command
from warroom.simulator import SimulatorProcess

ALLOWED = 4


class Counter:
    """Stands before a loopback server, passes bytes both ways and counts the connections it accepted."""

    def __init__(self, netloc: str) -> None:
        self.accepted = 0
        self.netloc = ""
        self._host, _, port = netloc.partition(":")
        self._port = int(port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        starting = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._passed, "127.0.0.1"), self._loop)
        self._server = starting.result(5)
        self.netloc = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        own = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not own]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _passed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer), return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


def measure(sim: SimulatorProcess) -> list[Row]:
    """The most connections to one host in a run; the script's beside it."""
    with tempfile.TemporaryDirectory() as folder:
        ours = _counted(sim, verify_command(Path(folder)))
        if not (find("curl") and find("jq")):
            return [_row(ours, ""), not_measured("connections of the script", "curl or jq is not installed")]
        script = _counted(sim, ["bash", str(SCRIPT)])
    return [_row(ours, f"script {sum(script)} in all ({max(script)} to one host)")]


def _row(ours: Sequence[int], peers: str) -> Row:
    what = "connections: most to one target host"
    return Row(what, max(ours), unit="", limit=ALLOWED, peers=peers, note=f"warroom {sum(ours)} in all")


def _counted(sim: SimulatorProcess, command: Sequence[str]) -> list[int]:
    """Accepted connections by host: the app, scholar_auth, scholarship_api."""
    hosts = {urlsplit(value).netloc for value in sim.inputs.values() if value.startswith("http")}
    counters = {host: Counter(host) for host in sorted(hosts)}
    inputs = sim.inputs
    try:
        for counter in counters.values():
            counter.__enter__()
        for name, value in inputs.items():
            host = urlsplit(value).netloc
            # The issuer is what tokens name, not an address that is asked.
            if host and name != "M2M_ISSUER":
                inputs[name] = value.replace(host, counters[host].netloc)
        run(command, inputs)
        return [counter.accepted for counter in counters.values()]
    finally:
        for counter in counters.values():
            counter.__exit__(None, None, None)
