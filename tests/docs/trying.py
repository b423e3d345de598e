"""Tries the blocks of a document one after the other in a folder of its own, against the simulated services."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.cli.running import clean_environ
from tests.contracts.tree import ROOT
from tests.docs.blocks import Block
from warroom.checks import all_kinds
from warroom.playbook.load import check_playbook

TIMEOUT_S = 60
_INSTALLED = "installed"
_MASKED = (
    (re.compile(r"[0-9a-f]{64}"), "#"),
    (re.compile(r"\d+(\.\d+)?"), "#"),
    (re.compile(r"\s+"), " "),
)
# What a part of a playbook may refer to without declaring it.
_REST: Mapping[str, Any] = {
    "warroom": 1,
    "launch": {"id": "example"},
    "inputs": {"API_URL": {}, "CLIENT_SECRET": {"secret": True}},
    "targets": {"api": {"url": "${API_URL:-}"}, "auth": {"url": "${API_URL:-}"}},
    "levers": {"SEND_MAIL": {"expect": "false", "kill_switch": True, "read": {"target": "api", "path": "/state"}}},
    "gates": {"auth_ready": {"title": "Auth", "read": {"target": "auth", "path": "/gate"}}},
    "checks": {"health": {"kind": "canary", "target": "api", "path": "/health"}},
}


def masked(text: str) -> str:
    """`text` without what differs from run to run: numbers, hashes, the width of columns."""
    for pattern, instead in _MASKED:
        text = pattern.sub(instead, text)
    return text.strip()


def _check_out(folder: Path) -> None:
    """Makes `folder` a copy of this repository as `make setup` leaves it, as far as documents use it."""
    program = folder / ".venv/bin/warroom"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m warroom "$@"\n')
    program.chmod(0o755)
    for name in ("playbooks", "Makefile"):
        (folder / name).symlink_to(ROOT / name)


class Reader:
    """Someone who does what a document says, in `folder`, with the addresses and secrets in `inputs`."""

    def __init__(self, folder: Path, inputs: Mapping[str, str]) -> None:
        self._folder = folder
        self._inputs = inputs
        self._said = ""
        _check_out(folder)

    def try_out(self, block: Block) -> None:
        """Does what the mark of `block` says. Raises AssertionError where it does not hold."""
        getattr(self, f"_{block.mark}")(block)

    def _run(self, block: Block) -> None:
        wanted = int(block.argument.removeprefix("exit ") or 0)
        self._bash(block.text, wanted, {})

    def _bash(self, text: str, wanted: int, environ: Mapping[str, str], *, folder: Path | None = None) -> None:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._real(text)],
            cwd=folder or self._folder,
            env={**clean_environ({}), "PYTHONPATH": f"{ROOT}:{self._folder / _INSTALLED}", **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
        self._said = done.stdout
        assert done.returncode == wanted, f"exit code {done.returncode}, the document says {wanted}:\n{done.stdout}"

    def _real(self, text: str) -> str:
        """`text` with the addresses and credentials of the simulated services in place of the examples."""
        app, auth = self._inputs["AUTO_COM_CENTER_URL"], self._inputs["M2M_ISSUER"]
        instead = {
            "https://app.example.com": app,
            "https://auth.example.com": auth,
            "an-id-of-your-own": self._inputs["M2M_CLIENT_ID"],
            "a-secret-of-your-own": self._inputs["M2M_CLIENT_SECRET"],
        }
        for example, real in instead.items():
            text = text.replace(example, real)
        return text

    def _file(self, block: Block) -> None:
        path = self._folder / block.argument
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._real(block.text), encoding="utf-8")

    def _install(self, block: Block) -> None:
        # Into a folder beside the environment: a test leaves the environment as it is.
        options = f"--quiet --no-input --no-deps --no-build-isolation --target {_INSTALLED}"
        self._bash(f"{sys.executable} -m pip install {options} ./{block.argument}", 0, {})

    def _output(self, block: Block) -> None:
        said = masked(self._said)
        missing = [line for line in block.text.splitlines() if masked(line) not in said]
        assert not missing, f"not in the output: {missing}\n{self._said}"

    def _workflow(self, block: Block) -> None:
        (job,) = YAML(typ="safe", pure=True).load(block.text)["jobs"].values()
        steps = [step for step in job["steps"] if "warroom verify" in step.get("run", "")]
        assert steps
        # As the checkouts leave it: a repository of the reader's own, without our playbooks, and Warroom beside it.
        workspace = self._folder / "workspace"
        for checkout in (step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")):
            path = checkout.get("with", {}).get("path")
            if path:
                _check_out(workspace / path)
            else:
                workspace.mkdir()
        given = re.compile(r"\$\{\{ (?:vars|secrets)\.(\w+) \}\}")
        for step in steps:
            asked = {**job.get("env", {}), **step.get("env", {})}
            environ = {name: given.sub(lambda found: self._inputs[found[1]], value) for name, value in asked.items()}
            summary = self._folder / "summary.md"
            github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
            self._bash(step["run"], 0, {**environ, **github}, folder=workspace)
            assert summary.read_text("utf-8").startswith("#")

    def _make(self, block: Block) -> None:
        makefile = (ROOT / "Makefile").read_text("utf-8")
        for target in re.findall(r"^make ([a-z-]+)", block.text, re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"there is no target {target}"

    def problems(self, block: Block) -> list[str]:
        """What `warroom lint` says of a part of a playbook, completed by what it leaves out."""
        own = YAML(typ="safe", pure=True).load(block.text)
        whole = dict(own)
        for key, value in _REST.items():
            whole[key] = {**value, **own.get(key, {})} if isinstance(value, dict) else own.get(key, value)
        path = self._folder / f"part-{block.line}.yaml"
        path.write_text(json.dumps(whole), encoding="utf-8")
        for name in ("company-ca.pem", "client.pem", "client.key"):
            (self._folder / name).touch()
        return [str(problem) for problem in check_playbook(path, all_kinds())]

    def _lint(self, block: Block) -> None:
        problems = self.problems(block)
        assert not problems, "\n".join(problems)

    def _wrong(self, block: Block) -> None:
        assert self.problems(block)

    def _python(self, block: Block) -> None:
        compile(block.text, str(block), "exec")

    def _text(self, block: Block) -> None:
        assert block.text.strip()
