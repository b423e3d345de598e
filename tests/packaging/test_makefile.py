"""When `make` installs again: after what it installs from has changed, and only then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.tree import ROOT
from tests.needs import need_program

SOURCES = ("Makefile", "pyproject.toml", "setup.py", "requirements/run.txt", "requirements/dev.txt")
STAMPS = (".venv/ready-run", ".venv/ready-dev")
INSTALLS = "-m pip --python .venv/bin/python"
OLD, NEW, LATER = 1_000_000_000, 1_000_000_100, 1_000_000_200


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What `make setup-dev` looks at, with its stamps newer than what they were made from."""
    need_program("make")
    for name in SOURCES:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, path)
        os.utime(path, (OLD, OLD))
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (tmp_path / ".venv/made-in").write_text(f"{tmp_path}\n", "utf-8")
    for name in STAMPS:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (NEW, NEW))
    return tmp_path


def would_run(copy: Path, target: str) -> str:
    """The commands that `make TARGET` would run in `copy`; nothing runs."""
    command = ["make", "--dry-run", target, f"PYTHON={sys.executable}"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(command, cwd=copy, env=kept, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("target", ["demo", "setup-dev"])
def test_what_is_installed_is_not_installed_again(copy: Path, target: str) -> None:
    assert INSTALLS not in would_run(copy, target)


@pytest.mark.parametrize(
    ("target", "changed"),
    [*(("demo", name) for name in SOURCES[:4]), *(("setup-dev", name) for name in SOURCES)],
)
def test_what_a_pull_has_changed_is_installed_again(copy: Path, target: str, changed: str) -> None:
    os.utime(copy / changed, (LATER, LATER))
    commands = would_run(copy, target)
    assert INSTALLS in commands
    assert 'test -z "stale"' not in commands


def test_a_lock_of_the_tests_does_not_concern_the_demo(copy: Path) -> None:
    os.utime(copy / "requirements/dev.txt", (LATER, LATER))
    assert INSTALLS not in would_run(copy, "demo")


def test_a_new_clone_is_set_up_before_the_demo(copy: Path) -> None:
    shutil.rmtree(copy / ".venv")
    commands = would_run(copy, "demo")
    assert -1 < commands.find("-m venv") < commands.find(INSTALLS) < commands.find(".venv/bin/warroom demo")


def test_an_environment_that_was_moved_is_made_anew(copy: Path) -> None:
    (copy / ".venv/made-in").write_text("/elsewhere\n", "utf-8")
    assert 'test -z "stale"' in would_run(copy, "demo")
