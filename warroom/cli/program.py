"""How a person calls Warroom in their shell, for the commands that it tells them to type."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

_NAME: Final = "warroom"
_COMMAND: Final = re.compile(r"(?<![\w./-])warroom (?=[a-z])")


def program() -> str:
    """`warroom`, or where that is not on the path, the script as this process was called, such as
    `.venv/bin/warroom`."""
    called = sys.argv[0]
    if Path(called).name != _NAME or shutil.which(_NAME):
        return _NAME
    return shlex.quote(called)


def as_called(text: str) -> str:
    """`text` with the commands in it as a person can type them here: `warroom run` begins with `program()`."""
    name = program()
    return _COMMAND.sub(lambda _: f"{name} ", text)
