import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.contracts import tree
from tests.requirements import categories, table


def run_pytest(source: str, folder: Path, **environment: str) -> str:
    """What pytest prints for one test file that obeys this suite's conftest."""
    test = folder / "test_one.py"
    test.write_text(source, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-c",
        "pyproject.toml",
        str(test),
    ]
    done = subprocess.run(
        command, cwd=tree.ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout


def test_the_list_has_every_requirement_once() -> None:
    lines = (tree.ROOT / "tests" / "requirements.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(lines) == len(categories()) == 298


def test_a_test_that_covers_an_unknown_id_fails(tmp_path: Path) -> None:
    source = 'import pytest\n@pytest.mark.covers("S3-C05", "S9-X99")\ndef test_it() -> None: pass\n'
    assert "covers names what is not in tests/requirements.csv: S9-X99" in run_pytest(source, tmp_path)


def test_a_test_that_covers_known_ids_passes(tmp_path: Path) -> None:
    source = 'import pytest\n@pytest.mark.covers("S3-C05", "S3-C06")\ndef test_it() -> None: pass\n'
    assert "1 passed" in run_pytest(source, tmp_path)


@pytest.mark.parametrize(("ci", "outcome"), [("true", "1 failed"), ("", "1 skipped")], ids=["CI=true", "no CI"])
def test_a_missing_part_skips_and_in_ci_fails(ci: str, outcome: str, tmp_path: Path) -> None:
    source = 'from tests.needs import need_program\ndef test_it() -> None: need_program("no-such-program")\n'
    printed = run_pytest(source, tmp_path, CI=ci)
    assert outcome in printed
    assert "the program 'no-such-program' is not installed" in printed


def test_a_program_that_is_there_is_found() -> None:
    assert needs.need_program("sh").is_file()


@pytest.mark.parametrize("host", ["192.0.2.1", "169.254.169.254", "2001:db8::1"])
def test_a_test_that_leaves_this_machine_fails(host: str, tmp_path: Path) -> None:
    family = "AF_INET6" if ":" in host else "AF_INET"
    source = (
        "import socket\ndef test_it() -> None:\n"
        f"    with socket.socket(socket.{family}, socket.SOCK_DGRAM) as one: one.connect(({host!r}, 9))\n"
    )
    assert f"a test tried to reach {host}" in run_pytest(source, tmp_path)


def test_the_map_lists_shown_and_not_shown() -> None:
    lines = table({"S3-C05": ["tests/test_x.py::test_p95"]}, "S3-C0")
    at = lines.index("S3-C05  verification check: shown")
    assert lines[at + 1] == "    tests/test_x.py::test_p95"
    assert "S3-C06  verification check: not shown" in lines
    assert lines[-1] == "all: 1 of 9 shown"
