"""The commands that ask something of a running launch: the same requests that a console makes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warroom.cli.launches import launch_named, state_folder
from warroom.cli.plain import write
from warroom.client.engine_socket import ask as ask_engine
from warroom.errors import ExitCode
from warroom.text import clean


def ask(launch: str, state: Path | None, body: Mapping[str, Any]) -> int:
    """Makes the request and prints what was journaled. Raises UsageError where it is refused or no engine runs."""
    folder = launch_named(state_folder(state), launch).folder
    answer = ask_engine(folder, "POST", "/requests", body)
    for entry in answer["entries"]:
        said = ", ".join(f"{name}={value}" for name, value in entry["body"].items() if value not in ("", {}))
        write(sys.stdout, clean(f"{entry['seq']} {entry['kind']}: {said}"))
    return int(ExitCode.GREEN)
