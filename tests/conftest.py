"""What every test shares: known requirement ids, no traffic beyond this machine, an environment without surprises."""

import ipaddress
import os
import sys

import pytest
from hypothesis import settings

from tests.requirements import covered_by, known_ids

# A developer's own shell must not decide how the program under test behaves.
_UNWANTED = ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "COLUMNS", "LINES")
_UNWANTED_SUFFIX = "_PROXY"

for _name in tuple(os.environ):
    if _name in _UNWANTED or _name.upper().endswith(_UNWANTED_SUFFIX):
        del os.environ[_name]

# How fast an example runs says more about the machine than about the law it checks.
settings.register_profile("warroom", deadline=None, print_blob=True)
settings.load_profile("warroom")


def _only_loopback(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    host = address[0] if isinstance(address, tuple) else None
    if isinstance(host, str) and not _is_this_machine(host):
        raise RuntimeError(f"a test tried to reach {host}: tests talk to this machine only")


def _is_this_machine(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


sys.addaudithook(_only_loopback)


def pytest_runtest_setup(item: pytest.Item) -> None:
    unknown = sorted(covered_by(item) - known_ids())
    if unknown:
        pytest.fail(f"covers names what is not in tests/requirements.csv: {', '.join(unknown)}", pytrace=False)
