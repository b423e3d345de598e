"""Programs that can do a part of the verification: that part, on the same server, and what it takes them."""

from __future__ import annotations

import csv
import http.client
import io
import json
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from tests.benchmarks import oracle
from tests.benchmarks.programs import BenchError, environment, find, run, take_turns
from tests.benchmarks.rows import Row, median, not_measured, spread
from warroom.simulator import SimulatorProcess

HEADERS = (
    "Strict-Transport-Security",
    "Content-Security-Policy",
    "X-Frame-Options",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Permissions-Policy",
)
CHECK_HTTP, EXPORTER, CHAOS, HEY = "check_http", "prometheus-blackbox-exporter", "chaos", "hey"
PARTS = {
    CHECK_HTTP: "30 runs, each: canary status, one text, time",
    EXPORTER: "30 probes of a running exporter: canary status, one text, six headers, time",
    CHAOS: "30 canary requests, JWKS, providers, kill switch: one value each; no token, no events, no P95",
    HEY: "30 requests on one connection: time",
}


@dataclass(frozen=True, slots=True)
class Part:
    """What one program took for its part, and how far its P95 was from the server's."""

    overhead_s: float
    error_ms: float


def measure(sim: SimulatorProcess, quick: bool, overhead_s: float) -> tuple[list[Row], dict[str, list[float]]]:
    """A row for each peer with its overhead beside Warroom's (`overhead_s`, for all eight checks), and the errors
    of their P95 in milliseconds."""
    rows = [
        not_measured(f"peer: {name}", f"not installed; its part: {PARTS[name]}", required=False)
        for name in PARTS
        if not find(name)
    ]
    with _exporter() as port, tempfile.TemporaryDirectory() as folder:
        able: dict[str, Callable[[], list[float]]] = {
            CHECK_HTTP: lambda: _check_http(sim),
            EXPORTER: lambda: _blackbox(sim, port),
            CHAOS: lambda: _chaos(sim, Path(folder)),
            HEY: lambda: _hey(sim),
        }
        contestants = {name: _part(sim, able[name]) for name in PARTS if find(name)}
        found = take_turns(2 if quick else 5, contestants)
    for name, parts in found.items():
        overheads = [part.overhead_s for part in parts]
        took = f"it {spread(overheads, 1000, ' ms')} for a part ({PARTS[name]})"
        what = f"verify, all eight: overhead / {name}'s"
        rows.append(Row(what, overhead_s / median(overheads), n=len(parts), peers=took))
    return rows, {name: [part.error_ms for part in parts] for name, parts in found.items()}


def _part(sim: SimulatorProcess, work: Callable[[], list[float]]) -> Callable[[], Part]:
    def once() -> Part:
        sim.clear_requests()
        began = time.perf_counter()
        latencies_ms = work()
        wall_s = time.perf_counter() - began
        samples = oracle.samples(sim.requests)
        error_ms = abs(oracle.p95_ms(latencies_ms) - oracle.server_p95_ms(samples))
        return Part(wall_s - oracle.held_s(samples), error_ms)

    return once


def _check_http(sim: SimulatorProcess) -> list[float]:
    app = urlsplit(sim.inputs["AUTO_COM_CENTER_URL"])
    command = [str(find(CHECK_HTTP)), "-I", str(app.hostname), "-p", str(app.port), "-u", "/canary", "-s", "v2.7"]
    outputs = [run([*command, "-w", "0.12", "-c", "1"], {}).out for _ in range(oracle.SAMPLES)]
    found = [re.search(r"time=([0-9.]+)s", output) for output in outputs]
    return [float(match[1]) * 1000 for match in found if match]


def _hey(sim: SimulatorProcess) -> list[float]:
    url = sim.inputs["AUTO_COM_CENTER_URL"] + "/canary"
    done = run([str(find(HEY)), "-n", str(oracle.SAMPLES), "-c", "1", "-o", "csv", url], {})
    return [float(row["response-time"]) * 1000 for row in csv.DictReader(io.StringIO(done.out))]


def _blackbox(sim: SimulatorProcess, port: int) -> list[float]:
    target = quote(sim.inputs["AUTO_COM_CENTER_URL"] + "/canary", safe="")
    latencies_ms = []
    for _ in range(oracle.SAMPLES):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", f"/probe?module=canary&target={target}")
        values = dict(re.findall(r"^(probe_\w+) (\S+)$", connection.getresponse().read().decode(), re.MULTILINE))
        connection.close()
        if values.get("probe_success") != "1":
            raise BenchError("the exporter's probe failed")
        latencies_ms.append(float(values["probe_duration_seconds"]) * 1000)
    return latencies_ms


@contextmanager
def _exporter() -> Iterator[int]:
    """The port of a running exporter; 0 where there is none."""
    program = find(EXPORTER)
    if program is None:
        yield 0
        return
    headers = "\n".join(f"        - {{header: {name}, regexp: '.+'}}" for name in HEADERS)
    settings = (
        "modules:\n  canary:\n    prober: http\n    timeout: 5s\n    http:\n      preferred_ip_protocol: ip4\n"
        f"      fail_if_body_not_matches_regexp: ['v2\\.7']\n      fail_if_header_not_matches:\n{headers}\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "blackbox.yml"
        file.write_text(settings, encoding="utf-8")
        port = _free_port()
        command = [program, f"--config.file={file}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
        with subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL) as child:
            try:
                _wait_for(port)
                yield port
            finally:
                child.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise BenchError("the exporter did not start")


def _chaos(sim: SimulatorProcess, folder: Path) -> list[float]:
    inputs = sim.inputs
    app, state = inputs["AUTO_COM_CENTER_URL"], "/ops/state"
    probes = [_probe(f"canary-{number}", f"{app}/canary", "$.version", "v2.7") for number in range(oracle.SAMPLES)]
    probes += [
        _probe("jwks", inputs["SCHOLAR_AUTH_JWKS_URL"], "$.keys[0].kty", "RSA"),
        _probe("providers", app + state, "$.providers.email.health", "passing"),
        _probe("kill-switch", app + state, "$.levers.DISABLE_SEND", "true"),
    ]
    experiment = {
        "version": "1.0.0",
        "title": "auto_com_center",
        "description": "what of the eight checks can be said here",
        "steady-state-hypothesis": {"title": "as it should be", "probes": probes},
        "method": [],
    }
    file, journal = folder / "experiment.json", folder / "journal.json"
    file.write_text(json.dumps(experiment), encoding="utf-8")
    options = ["--journal-path", str(journal), "--hypothesis-strategy", "before-method-only"]
    run([str(find(CHAOS)), "--no-version-check", "--no-log-file", "run", *options, str(file)], {})
    found = json.loads(journal.read_text(encoding="utf-8"))
    if found["status"] != "completed":
        raise BenchError(f"chaos ended as {found['status']}")
    done: Sequence[dict[str, float]] = found["steady_states"]["before"]["probes"]
    return [probe["duration"] * 1000 for probe in done[: oracle.SAMPLES]]


def _probe(name: str, url: str, path: str, value: str) -> dict[str, object]:
    return {
        "type": "probe",
        "name": name,
        "tolerance": {"type": "jsonpath", "path": path, "expect": value, "target": "body"},
        "provider": {"type": "http", "url": url, "timeout": 10},
    }
