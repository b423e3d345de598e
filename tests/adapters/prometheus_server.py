"""A real Prometheus on a loopback port, with a configuration and data of its own."""

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

    def __init__(self, folder: Path, address: str, config: Mapping[str, Any] | None = None) -> None:
        self._program = need_program("prometheus")
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
        command = [str(self._program), f"--web.listen-address=127.0.0.1:{self._port}"]
        command += [f"--config.file={self._folder}/prometheus.yml", f"--storage.tsdb.path={self._folder}/data"]
        command += ["--log.level=error", "--query.lookback-delta=5m"]
        with (self._folder / "log").open("ab") as log:
            self._child = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

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


@contextlib.contextmanager
def running(folder: Path, address: str, config: Mapping[str, Any] | None = None) -> Iterator[PrometheusServer]:
    """A server that scrapes, for the time of the block; it may not be ready yet."""
    server = PrometheusServer(folder, address, config)
    server.start()
    try:
        yield server
    finally:
        server.kill()
