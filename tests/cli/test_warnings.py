"""What a run has to say beside its verdicts: a log that is lost, a certificate that expires soon."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from tests.cli.running import warroom
from tests.faults.server import Peer, always, answer, serving
from warroom.cli.composition import playbook_of
from warroom.cli.options import RunOptions
from warroom.cli.suites import LaunchSuites
from warroom.clock import RealClock
from warroom.launch.ledger import RunSuite
from warroom.launch.warnings import warnings_in
from warroom.playbook.inputs import InputValues

_ONE_CHECK = """
warroom: 1
launch: {{id: one, title: One}}
targets: {{app: {{url: "{url}", ca_file: "{ca_file}"}}}}
checks:
  first: {{kind: http, target: app}}
  second: {{kind: http, target: app, path: /again}}
"""


async def test_a_log_that_cannot_be_written_takes_the_green_away(tmp_path: Path) -> None:
    evidence = tmp_path / "e"

    async def takes_the_logs_place(peer: Peer) -> None:
        (log,) = evidence.glob("*.log")
        if log.is_file():
            log.unlink()
            log.mkdir()
        await always(answer())(peer)

    async with serving(takes_the_logs_place) as server:
        playbook = tmp_path / "one.yaml"
        playbook.write_text(_ONE_CHECK.format(url=server.url, ca_file=""), "utf-8")
        options = ["verify", str(playbook), "--headless", "--format", "json", "--evidence", str(evidence)]
        ended = await asyncio.to_thread(warroom, *options, evidence=tmp_path / "none")
    assert set(ended.verdicts().values()) == {"pass"}
    assert (ended.code, ended.report["word"], ended.report["exit_code"]) == (3, "UNKNOWN", 3)
    assert "evidence is incomplete" in json.dumps(ended.report["notes"])


def _expiring(authority: trustme.CA) -> ssl.SSLContext:
    """Of a server whose certificate is good for three days."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) + timedelta(3)).configure_cert(context)
    return context


async def test_a_certificate_that_expires_soon_is_a_warning_once_in_a_run(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with serving(always(answer()), _expiring(authority)) as server:
        playbook = tmp_path / "one.yaml"
        playbook.write_text(_ONE_CHECK.format(url=server.url, ca_file=tmp_path / "ca.pem"), "utf-8")
        options = ["verify", str(playbook), "--headless", "--evidence", str(tmp_path / "e")]
        reports = ["--report", f"json={tmp_path / 'json'}"]
        ended = await asyncio.to_thread(warroom, *options, *reports, evidence=tmp_path / "none")
    assert (ended.code, len(server.requests)) == (0, 2)
    (note,) = json.loads((tmp_path / "json").read_text("utf-8"))["notes"]
    assert re.fullmatch(rf"app \(127.0.0.1:{server.port}\): the certificate expires in [23]\.\d days", note["text"])
    assert note["severity"] == "warning"
    assert f"note (warning): {note['text']}" in ended.out


async def test_the_suite_of_a_launch_hands_its_warnings_on(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with serving(always(answer()), _expiring(authority)) as server:
        playbook = tmp_path / "one.yaml"
        playbook.write_text(_ONE_CHECK.format(url=server.url, ca_file=tmp_path / "ca.pem"), "utf-8")
        loaded = playbook_of(playbook, InputValues({}, {}), "")
        suites = LaunchSuites(loaded, RunOptions(evidence=tmp_path / "e"), {}, RealClock())
        found = await suites.prepare(RunSuite("", "gate:x#1", ("first", "second")), lambda _: None)()
    (draft,) = warnings_in(found.notes, (), "first, second")
    assert re.fullmatch(r"app \(127.0.0.1:\d+\): the certificate expires in [23]\.\d days", draft.body["text"])
