"""Where output cannot go, nothing passes for green, and what is read is never overwritten."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import PLAYBOOK, clean_environ, verify
from tests.contracts.tree import ROOT
from warroom.simulator import SimulatorProcess


def in_shell(redirection: str, evidence: Path, before: str = ":") -> subprocess.CompletedProcess[str]:
    """Runs one check by bash with a redirection of its own, after the command `before`."""
    with SimulatorProcess("steady") as simulator:
        arguments = f"verify {PLAYBOOK} --headless --only providers --evidence {evidence}"
        return subprocess.run(
            ["bash", "-c", f"{before}; {sys.executable} -m warroom {arguments} {redirection}"],
            env=clean_environ(simulator.inputs),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


STREAMS = [
    ("a full disk", ">/dev/full", 3, "the output cannot be written: No space left on device"),
    ("a closed stdout", ">&-", 0, ""),
    ("a closed stdin", "<&-", 0, ""),
    ("a reader that has seen enough", "| (read -r line); exit ${PIPESTATUS[0]}", 0, ""),
]


@pytest.mark.parametrize(
    ("redirection", "code", "says"), [row[1:] for row in STREAMS], ids=[row[0] for row in STREAMS]
)
def test_where_the_output_goes(redirection: str, code: int, says: str, tmp_path: Path) -> None:
    done = in_shell(redirection, tmp_path)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "internal error" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_full_disk_behind_stderr_takes_only_the_narration(form: str, tmp_path: Path) -> None:
    done = in_shell(f"--format {form} 2>/dev/full", tmp_path)
    assert done.returncode == 0
    assert "GREEN (dry-run)" in done.stdout
    assert "Delivery providers" in done.stdout


def test_the_reports_are_written_though_the_verdict_cannot_be_printed(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    done = in_shell(f"--report junit={report} >/dev/full", tmp_path)
    assert done.returncode == 3
    assert "Delivery providers" in report.read_text("utf-8")


def test_a_report_never_overwrites_the_playbook(tmp_path: Path) -> None:
    playbook = tmp_path / "launch.yaml"
    playbook.write_bytes(PLAYBOOK.read_bytes())
    with SimulatorProcess("steady") as simulator:
        done = subprocess.run(
            [sys.executable, "-m", "warroom", "verify", str(playbook), "--headless", "--report", f"junit={playbook}"],
            env=clean_environ(simulator.inputs),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert simulator.requests == ()
    assert done.returncode == 2
    assert "would be overwritten" in done.stderr
    assert playbook.read_bytes() == PLAYBOOK.read_bytes()


def test_a_report_may_stand_in_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    report = tmp_path / "new" / "folder" / "junit.xml"
    ended = verify("steady", tmp_path / "e", "--only", "providers", "--report", f"junit={report}")
    assert ended.code == 0
    assert report.is_file()


def test_what_the_demo_leaves_says_that_it_was_simulated(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "warroom",
            "demo",
            "--verify",
            "--headless",
            "--format",
            "markdown",
            "--evidence",
            str(tmp_path),
        ],
        env=clean_environ({}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert "SIMULATED" in done.stdout
    (log,) = tmp_path.glob("*.log")
    assert "simulated on this machine" in log.read_text("utf-8")


SAME_FILE = ["r.out", "./r.out", "sub/../r.out", "link", "hard"]


@pytest.mark.parametrize("again", SAME_FILE)
def test_a_file_for_two_reports_is_refused_before_anything_is_sent(again: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "r.out").write_text("", "utf-8")
    (tmp_path / "link").symlink_to("r.out")
    (tmp_path / "hard").hardlink_to(tmp_path / "r.out")
    reports = ["--report", f"json={tmp_path / 'r.out'}", "--report", f"junit={tmp_path}/{again}"]
    ended = verify("steady", tmp_path / "e", "--only", "providers", *reports)
    assert (ended.code, ended.requests) == (2, ())
    assert f"--report json={tmp_path / 'r.out'} and --report junit={tmp_path}/{again} are the same file" in ended.err


def test_a_file_that_is_not_there_yet_is_the_same_by_another_spelling(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    reports = ["--report", f"json={tmp_path}/r.out", "--report", f"text={tmp_path}/link/r.out"]
    ended = verify("steady", tmp_path / "e", "--only", "providers", *reports)
    assert (ended.code, ended.requests) == (2, ())


def test_two_reports_may_go_to_what_keeps_nothing(tmp_path: Path) -> None:
    reports = ["--report", "json=/dev/null", "--report", "junit=/dev/null"]
    assert verify("steady", tmp_path / "e", "--only", "providers", *reports).code == 0


@pytest.mark.parametrize("files", [8, 9, 10, 11])
def test_where_no_more_files_may_be_open_that_is_said_and_nothing_is_green(files: int, tmp_path: Path) -> None:
    done = in_shell("", tmp_path, before=f"ulimit -n {files}")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "oo many open files" in done.stdout + done.stderr
    assert "internal error" not in done.stderr
