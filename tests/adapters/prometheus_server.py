"""A real Prometheus, or another server that speaks its API, on a loopback port, with a configuration and data of its
own.
"""

import contextlib
import json
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.needs import need_program

SCRAPE_MS = 200


class PrometheusServer:
    """Scrapes `address` (host:port) five times a second as the job auto_com_center, or as `config` says, which is
    that of a server without how often it scrapes."""

    program = "prometheus"

    def __init__(self, folder: Path, address: str, config: Mapping[str, Any] | None = None) -> None:
        self._program = need_program(self.program)
        self._folder = folder
        job = {"job_name": "auto_com_center", "static_configs": [{"targets": [address]}]}
        every = {"scrape_interval": f"{SCRAPE_MS}ms", "scrape_timeout": f"{SCRAPE_MS}ms"}
        (folder / "prometheus.yml").write_text(
            json.dumps({"scrape_configs": [job], **(config or {}), "global": every})
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Starts it; it answers once `is_ready`."""
        with (self._folder / "log").open("ab") as log:
            command = [str(self._program), *self.options()]
            self._child = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def options(self) -> list[str]:
        """What it is started with."""
        where = [f"--web.listen-address=127.0.0.1:{self._port}", f"--config.file={self._folder}/prometheus.yml"]
        return [*where, f"--storage.tsdb.path={self._folder}/data", "--log.level=error", "--query.lookback-delta=5m"]

    def is_ready(self) -> bool:
        """Whether it answers queries."""
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
        return False

    def kill(self) -> None:
        """Ends it without a word."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None


class VictoriaServer(PrometheusServer):
    """VictoriaMetrics, which shows what it scraped at once: half a minute later is its default."""

    program = "victoria-metrics"

    def options(self) -> list[str]:
        """See `PrometheusServer`."""
        where = [f"-httpListenAddr=127.0.0.1:{self._port}", f"-promscrape.config={self._folder}/prometheus.yml"]
        return [*where, f"-storageDataPath={self._folder}/data", "-loggerLevel=ERROR", "-search.latencyOffset=0s"]


@contextlib.contextmanager
def running(
    folder: Path,
    address: str,
    config: Mapping[str, Any] | None = None,
    kind: type[PrometheusServer] = PrometheusServer,
) -> Iterator[PrometheusServer]:
    """A server that scrapes, for the time of the block; it may not be ready yet."""
    server = kind(folder, address, config)
    server.start()
    try:
        yield server
    finally:
        server.kill()
