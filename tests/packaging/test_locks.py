import json
import re
import tomllib

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.contracts import tree

LOCKS = ("requirements/run.txt", "requirements/dev.txt", "requirements/node.txt", "requirements/peers.txt")
PYTHONS = ("3.11", "3.12", "3.13")


def blocks(lock: str) -> list[str]:
    """The entries of a lock: a requirement with its hashes, on one line each."""
    text = (tree.ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def pinned(lock: str, python: str) -> dict[str, str]:
    """Name -> version of what a lock installs on Linux with `python`."""
    found: dict[str, str] = {}
    for block in blocks(lock):
        requirement = Requirement(block.partition(" --hash")[0])
        marker = requirement.marker or Marker("python_version > '0'")
        if marker.evaluate({"python_version": python, "python_full_version": f"{python}.1", "sys_platform": "linux"}):
            (version,) = requirement.specifier
            found[canonicalize_name(requirement.name)] = version.version
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_is_pinned_and_hashed(lock: str) -> None:
    for block in blocks(lock):
        assert re.match(r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", block)


@pytest.mark.parametrize("name", [*LOCKS, "tests/peers/package-lock.json", "tests/peers/package.json"])
def test_a_lock_holds_no_place_to_install_from(name: str) -> None:
    text = (tree.ROOT / name).read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert not re.search(r"--(index|extra-index|find-links|trusted)", text)
    assert not re.search(r"(@|==)\s*(https?|file|git)", text)


def test_every_npm_package_carries_its_hash() -> None:
    lock = json.loads((tree.ROOT / "tests/peers/package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())


@pytest.mark.parametrize("python", PYTHONS)
def test_the_locks_hold_what_the_project_asks_for(python: str) -> None:
    asked = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = asked["dependency-groups"]
    sources = (asked["project"]["dependencies"] + groups["build"], groups["dev"], groups["node"], groups["peers"])
    for lines, lock in zip(sources, LOCKS, strict=True):
        found = pinned(lock, python)
        for requirement in map(Requirement, lines):
            assert requirement.specifier.contains(found[canonicalize_name(requirement.name)])


def test_what_runs_is_the_same_in_both_locks() -> None:
    dev = pinned(LOCKS[1], "3.11")
    assert pinned(LOCKS[0], "3.11").items() <= dev.items()
