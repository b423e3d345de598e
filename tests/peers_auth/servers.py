"""Authorization servers of other people, started on free loopback ports by small scripts beside this file."""

import contextlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.needs import PEERS, need_peer, need_program

_SCRIPTS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class AuthServer:
    """Where it serves. `issuer` is what its tokens name."""

    url: str
    jwks: str
    token: str
    issuer: str


@contextlib.contextmanager
def auth_server(package: str, script: str, settings: Mapping[str, str] | None = None) -> Iterator[AuthServer]:
    """A running server of the npm package; ended with the block. Skips where it is not installed."""
    need_peer(package)
    # Read from stdin, a script finds its packages from the working directory.
    command = [
        str(need_program("node")),
        "--no-warnings",
        "--input-type=module",
        "-",
        json.dumps(dict(settings or {})),
    ]
    with (
        (_SCRIPTS / script).open("rb") as source,
        subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, cwd=PEERS.parent) as process,
    ):
        assert process.stdout is not None
        try:
            yield AuthServer(**_first_json(process.stdout))
        finally:
            process.kill()
            process.wait()


def _first_json(lines: Iterator[bytes]) -> dict[str, str]:
    """The line that says where it serves; remarks of the package come before it."""
    for line in lines:
        if line.startswith(b"{"):
            return dict(json.loads(line))
    raise AssertionError("the server ended before it said where it serves")
