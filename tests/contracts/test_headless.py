"""The headless path stays light: what a pipeline runs imports no console, no Slack, no scheduler, no database."""

import subprocess
import sys

import pytest

from tests.contracts import tree

HEAVY = {"textual", "slack_sdk", "apscheduler", "prometheus_api_client", "requests", "sqlalchemy"}

# What a verification needs only once its first samples are being taken, or never.
LATE = {
    "typer",
    "click",
    "httpx",
    "httpcore",
    "anyio",
    "joserfc",
    "cryptography",
    "jsonpath",
    "regex",
    "rich",
    "certifi",
}

# What `warroom verify --headless` runs through. Imported in a process of its own, with everything that it imports.
HEADLESS_MODULES = ("warroom.__main__", "warroom.cli", "warroom.app", "warroom.runner", "warroom.checks")

# Commands that have to stay light from their first line to their last.
HEADLESS_COMMANDS = (("--version",), ("verify", "--help"))


def imports_of(*command: str, code: int = 0) -> set[str]:
    """The top-level names of all modules that a Python process imports until it ends with `code`."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        cwd=tree.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr[-2000:]
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


def test_verify_loads_its_playbook_with_what_it_needs_for_that() -> None:
    # It knows no such input, which is seen once it was read, filled in and checked as a whole.
    playbook = "playbooks/auto_com_center.yaml"
    found = imports_of("-m", "warroom", "verify", playbook, "--headless", "--input", "X=1", code=2)
    assert {"warroom", "pydantic", "ruamel"} <= found
    assert not found & (HEAVY | LATE)


NETWORK = {"httpx", "httpcore", "http", "starlette", "uvicorn", "h11", "aiohttp", "requests", "urllib3"}


def test_plan_loads_nothing_that_could_reach_the_network() -> None:
    found = imports_of("-m", "warroom", "plan", "playbooks/auto_com_center.yaml", code=1)
    assert {"warroom", "pydantic", "ruamel"} <= found
    assert not found & (HEAVY | NETWORK)


def test_requests_are_sent_without_the_command_line_of_their_library() -> None:
    found = imports_of("-c", "import warroom.adapters.http_wire")
    assert {"httpx", "httpcore"} <= found
    assert not found & {"click", "rich", "pygments"}


def test_sources_of_signals_load_the_libraries_of_their_kind_with_the_first_of_it() -> None:
    assert not imports_of("-c", "import warroom.adapters.sources") & (HEAVY | {"httpx", "prometheus_client"})


def test_a_heavy_import_would_be_noticed() -> None:
    assert "textual" in imports_of("-c", "import textual")
