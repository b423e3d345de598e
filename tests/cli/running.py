"""Runs the real command in a process of its own against the simulator, as a pipeline would."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contracts.tree import ROOT
from tests.zygote import needs_own_python, python_run, zygote
from warroom.simulator import ServedRequest, SimulatorProcess

PLAYBOOK = ROOT / "playbooks" / "auto_com_center.yaml"
TIMEOUT_S = 60


@dataclass(frozen=True)
class Ended:
    """A command that has ended, and what it left behind."""

    code: int
    out: str
    err: str
    evidence: Path
    requests: tuple[ServedRequest, ...] = ()

    @property
    def report(self) -> Any:
        """The JSON report on stdout."""
        return json.loads(self.out)

    def check(self, check_id: str) -> Any:
        """One check of the JSON report."""
        return next(check for check in self.report["checks"] if check["id"] == check_id)

    def verdicts(self) -> dict[str, str]:
        """The verdicts of the JSON report, by check."""
        return {check["id"]: check["verdict"] for check in self.report["checks"]}

    def count(self, method: str, path: str) -> int:
        """How many such requests the services' own log holds."""
        return sum((request.method, request.path) == (method, path) for request in self.requests)

    def texts(self) -> str:
        """Everything that the command wrote: both streams and every file of its evidence."""
        files = [path.read_text("utf-8", "replace") for path in sorted(self.evidence.rglob("*")) if path.is_file()]
        return "\n".join([self.out, self.err, *files])


def clean_environ(inputs: Mapping[str, str]) -> dict[str, str]:
    """The environment of a pipeline step: what a program needs, and the playbook's inputs."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "CI", "TMPDIR")}
    return {**kept, "PYTHONUTF8": "1", **inputs}


def warroom(
    *arguments: str,
    inputs: Mapping[str, str] | None = None,
    evidence: Path,
    cwd: Path | None = None,
    stdin: str = "",
    own_python: bool = False,
) -> Ended:
    """Runs `warroom` with `arguments`; `evidence` is read afterwards, not handed over. `own_python`: as the system
    shows it, its command line and environment are looked at."""
    run = python_run if own_python or needs_own_python(inputs or {}) else zygote().run
    code, out, err = run(arguments, clean_environ(inputs or {}), cwd or ROOT, stdin, TIMEOUT_S)
    return Ended(code, out, err, evidence)


_PATIENT = """
warroom: 1
include: [auto_com_center.yaml]
checks: {p95: {limit: <= 10s}}
"""


def patient_playbook(folder: Path) -> Path:
    """The shipped playbook with a latency limit that the speed of this machine cannot break."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PLAYBOOK.name).write_bytes(PLAYBOOK.read_bytes())
    top = folder / "patient.yaml"
    top.write_text(_PATIENT, encoding="utf-8")
    return top


def verify(
    scenario: str, tmp_path: Path, *arguments: str, inputs: Mapping[str, str] | None = None, patient: bool = True
) -> Ended:
    """Runs `warroom verify` on the shipped playbook against a scenario, with the JSON report on stdout.

    `inputs` replace those of the simulator; an empty value takes one away. Unless `patient`, and in the
    scenarios that are slow on purpose, the real latency limit holds.
    """
    folder = tmp_path.with_name(f"{tmp_path.name}-playbook")
    playbook = patient_playbook(folder) if patient and not scenario.startswith("slow") else PLAYBOOK
    with SimulatorProcess(scenario) as simulator:
        given = {**simulator.inputs, **(inputs or {})}
        given = {name: value for name, value in given.items() if value}
        defaults = ["--headless", "--wait", "0s", "--format", "json", "--evidence", str(tmp_path)]
        ended = warroom("verify", str(playbook), *defaults, *arguments, inputs=given, evidence=tmp_path)
        return Ended(ended.code, ended.out, ended.err, tmp_path, simulator.requests)
