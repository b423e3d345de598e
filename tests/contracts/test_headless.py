"""The headless path stays light: what a pipeline runs imports no console, no Slack, no scheduler, no database."""

import subprocess
import sys

import pytest

from tests.contracts import tree

HEAVY = {"textual", "slack_sdk", "apscheduler", "prometheus_api_client", "sqlalchemy"}

# What `warroom verify --headless` runs through. Imported in a process of its own, with everything that it imports.
HEADLESS_MODULES = ("warroom.__main__", "warroom.cli", "warroom.app", "warroom.runner", "warroom.checks")

# Commands that have to stay light from their first line to their last.
HEADLESS_COMMANDS = (("--version",), ("verify", "--help"))


def imports_of(*command: str) -> set[str]:
    """The top-level names of all modules that a Python process imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        cwd=tree.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize("module", HEADLESS_MODULES)
def test_importing_the_headless_path_stays_light(module: str) -> None:
    assert not imports_of("-c", f"import {module}") & HEAVY


@pytest.mark.parametrize("arguments", HEADLESS_COMMANDS, ids=" ".join)
def test_headless_commands_stay_light(arguments: tuple[str, ...]) -> None:
    found = imports_of("-m", "warroom", *arguments)
    assert "warroom" in found
    assert not found & HEAVY


def test_a_heavy_import_would_be_noticed() -> None:
    assert "textual" in imports_of("-c", "import textual")
