"""`warroom doctor` asks each source of signals once, where asking changes nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.adapters.prometheus_stand import Stand, one
from tests.checks.server import Received, Server, reply
from warroom.cli.doctor import DoctorOptions, doctor
from warroom.slo.promql import newest

HEAD = """\
warroom: 1
launch: {id: small, title: Small}
inputs: {URL: {required: true}, LATER: {default: ""}}
targets:
  app: {url: "${URL}"}
  later: {url: "${LATER}"}
"""
PROMETHEUS = """\
sources: {prom: {kind: prometheus, target: app}}
signals:
  depth: {source: prom, expr: max(depth)}
  wrong: {source: prom, expr: sum(rat(x))}
  gone: {source: prom, expr: max(gone)}
"""
METRICS = """\
sources: {page: {kind: metrics, target: app}}
signals:
  depth: {source: page, value: depth}
  errors: {source: page, ratio: {of: 'requests_total{code="500"}', to: requests_total}, window: 5m}
  typo: {source: page, rate: request_total, window: 5m}
"""
JSON = """\
sources: {state: {kind: http_json, target: app, path: /state}}
signals:
  depth: {source: state, json: $.depth}
  gone: {source: state, json: $.gone}
"""
OTHERS = """\
sources:
  run: {kind: command, argv: [backlog]}
  log: {kind: log, file: /var/log/app.log}
  canary: {kind: probe, target: app}
  people: {kind: manual}
  later: {kind: prometheus, target: later}
signals:
  backlog: {source: run}
  up: {source: canary, availability: true, window: 1m}
  given: {source: people}
  rate: {source: later, value: depth}
"""
PAGE = b'# TYPE depth gauge\ndepth 7\n# TYPE requests_total counter\nrequests_total{code="500"} 1\n'
STAND = Stand({"max(depth)": one(7), newest("depth"): one("now")}, refuses=["rat("])


def answered(request: Received) -> bytes | None:
    if request.path.startswith("/api/v1/query"):
        return STAND.answer(request)
    if request.path == "/state":
        return reply({"depth": 7})
    return reply(PAGE, headers=[("Content-Type", "text/plain; version=0.0.4")])


class Told:
    """What the doctor says of the sources of a playbook, line by line, and its exit code."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys
        self.last = ""

    async def of(self, sections: str, url: str) -> tuple[int, list[str]]:
        playbook = self._folder / "small.yaml"
        playbook.write_text(HEAD + sections, "utf-8")
        self._folder.chmod(0o700)
        options = DoctorOptions(playbook=playbook, state=self._folder / "state")
        code = await asyncio.to_thread(doctor, options, {"URL": url})
        shown = self._capsys.readouterr()
        self.last = shown.err.splitlines()[-1]
        return code, [line[2:] for line in shown.out.splitlines() if " source " in line]


@pytest.fixture
def told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(tmp_path, capsys)


async def test_a_prometheus_is_asked_each_query_and_gives_its_own_reasons(told: Told) -> None:
    async with Server(answered) as server:
        code, lines = await told.of(PROMETHEUS, server.url)
    assert code == 1
    assert lines[0] == "GREEN   source prom: answers for 1 signal: depth"
    refused = "wrong: Prometheus refuses it: bad_data: cannot take rat( -> mend the query in the playbook"
    assert lines[1] == f"RED     source prom: {refused}"
    assert lines[2].startswith("UNKNOWN source prom: gone: Prometheus has no current sample of gone")


async def test_a_page_of_metrics_is_read_once_and_a_window_need_not_be_full(told: Told) -> None:
    async with Server(answered) as server:
        code, lines = await told.of(METRICS, server.url)
    assert code == 1
    assert lines[0] == "GREEN   source page: answers for 2 signals: depth, errors"
    assert lines[1].startswith("UNKNOWN source page: typo: the source has no request_total")
    assert [(one.method, one.path) for one in server.received] == [("GET", "/metrics")]


async def test_a_document_is_read_once(told: Told) -> None:
    async with Server(answered) as server:
        code, lines = await told.of(JSON, server.url)
    assert code == 1
    assert lines[0] == "GREEN   source state: answers for 1 signal: depth"
    assert lines[1].startswith("UNKNOWN source state: gone: there is nothing at $.gone")


@pytest.mark.parametrize("sections", [PROMETHEUS, METRICS, JSON], ids=["prometheus", "metrics", "http_json"])
async def test_a_dead_server_is_unknown_once_for_all_its_signals(told: Told, sections: str) -> None:
    code, [line] = await told.of(sections, "http://127.0.0.1:9")
    assert code == 1
    assert line.startswith("UNKNOWN source ")
    assert "connection refused" in line
    assert ": depth, " in line


async def test_what_is_not_asked_is_named(told: Told) -> None:
    code, lines = await told.of(OTHERS, "http://127.0.0.1:9")
    assert (code, lines) == (
        0,
        [
            "SKIPPED source run: not asked: command",
            "SKIPPED source log: not asked: log",
            "SKIPPED source canary: not asked: probe",
            "SKIPPED source people: not asked: manual",
            "SKIPPED source later: not asked: LATER is not set",
        ],
    )
    assert told.last.endswith("source run, source log, source canary, source people, source later")
