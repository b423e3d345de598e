"""`warroom token`: who may reach a launch over TCP."""

from __future__ import annotations

import sys
from pathlib import Path

from warroom.adapters.asking import user_name
from warroom.api.tokens import Tokens
from warroom.cli.folders import safe_state_folder
from warroom.cli.launches import launch_named
from warroom.cli.plain import write
from warroom.clock import RealClock, stamp
from warroom.errors import ExitCode, UsageError
from warroom.text import plural


def token(launch: str, name: str, state: Path | None, *, revoke: bool) -> int:
    """Makes a token and prints it, this once; with `revoke` takes back those of `name`; without a name lists them."""
    known = launch_named(safe_state_folder(state), launch)
    tokens = Tokens(known.folder)
    if not name:
        if revoke:
            raise UsageError("--revoke needs the name whose tokens are taken back")
        for one in tokens.all():
            write(sys.stdout, f"{one.name:<32} made {one.at} by {one.by}")
    elif revoke:
        count = tokens.revoke(name)
        write(sys.stderr, f"warroom: {plural(count, 'token')} of {name} taken back")
    else:
        made = tokens.make(name, user_name(), stamp(RealClock().now()))
        write(sys.stderr, f"warroom: the token of {name}; it is shown this once, only its hash is kept")
        write(sys.stdout, made)
    return int(ExitCode.GREEN)
