"""Parts from outside that a test cannot do without: a program, an npm package.

Where one is missing the test is skipped with the reason, and with CI=true it fails: there everything has to be
installed (`.ci/run` does it).
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

PEERS = Path(__file__).parent / "peers" / "node_modules"
# Debian keeps servers such as nginx where an ordinary user's PATH does not look.
_SYSTEM_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin")


def need_program(name: str) -> Path:
    """The full path of the program `name`, found on PATH or in the system's sbin folders; else skip (CI: fail)."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_SYSTEM_FOLDERS))
    if found is None:
        missing(f"the program '{name}' is not installed")
    return Path(found)


def need_peer(package: str) -> Path:
    """The folder of the npm package `package` under tests/peers; else skip (CI: fail). Needs `node` as well."""
    need_program("node")
    folder = PEERS / package
    if not (folder / "package.json").is_file():
        missing(f"the npm package '{package}' is not installed; make peers does it")
    return folder


def need_mounts(*command: str) -> None:
    """`command`, which mounts a file system and then runs what follows it, has to work here; else skip (CI: fail)."""
    need_program("unshare")
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, timeout=30, check=False)
    if tried.returncode:
        missing(f"a file system cannot be mounted here: {tried.stderr.strip()}")


def missing(reason: str) -> NoReturn:
    """Ends the test: skipped for `reason`, failed where CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (with CI=true nothing may be missing)", pytrace=False)
    pytest.skip(reason)
