"""Commands: what they may see, and that nothing of them is left."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.polling import poll_until
from warroom.adapters.command import MAX_OUTPUT, Commands
from warroom.clock import RealClock
from warroom.contract import CommandResult
from warroom.errors import CannotMeasure


async def run(*argv: str, timeout_s: float = 30.0, env: Mapping[str, str] | None = None) -> CommandResult:
    return await Commands(RealClock(), allowed=True).run(argv, timeout_s=timeout_s, env=env or {})


async def python(code: str, *, timeout_s: float = 30.0) -> CommandResult:
    return await run(sys.executable, "-c", code, timeout_s=timeout_s)


async def refusal(port: Commands) -> CannotMeasure:
    with pytest.raises(CannotMeasure) as raised:
        await port.run(["/bin/true"], timeout_s=5, env={})
    return raised.value


async def test_exit_code_and_both_outputs_come_back() -> None:
    result = await run("/bin/sh", "-c", "echo out; echo err >&2; exit 3")
    assert (result.exit_code, result.stdout, result.stderr) == (3, "out\n", "err\n")
    assert result.truncated == ()


async def test_a_command_ended_by_a_signal_has_its_negative_number() -> None:
    assert (await run("/bin/sh", "-c", "kill -TERM $$")).exit_code == -15


async def test_arguments_pass_no_shell() -> None:
    result = await run("/bin/echo", "$HOME; id", "*")
    assert result.stdout == "$HOME; id *\n"


async def test_the_environment_is_an_allow_list() -> None:
    environ = {"PATH": "/usr/bin:/bin", "HOME": "/home/x", "SLACK_TOKEN": "canary", "LD_PRELOAD": ""}
    port = Commands(RealClock(), allowed=True, environ=environ)
    result = await port.run(["env"], timeout_s=5, env={"GIVEN": "1"})
    names = {line.partition("=")[0] for line in result.stdout.splitlines()}
    assert names == {"PATH", "HOME", "GIVEN", "WARROOM_COMMAND"}


async def test_the_input_is_empty() -> None:
    assert (await run("/bin/cat")).stdout == ""


async def test_output_is_cleaned_and_keeps_its_lines() -> None:
    result = await python(r"import os; os.write(1, b'\x1b[31mred\nnext\xff\x00')")
    assert result.stdout == "\\e[31mred\nnext\\xff\\0"


async def test_a_flood_is_cut_and_costs_no_memory() -> None:
    result = await python("import sys\nfor _ in range(2000): sys.stdout.write('x' * 65536)")
    assert result.exit_code == 0
    assert result.truncated == ("stdout",)
    assert result.stdout == "x" * MAX_OUTPUT


async def test_of_two_outputs_the_one_that_was_cut_is_named() -> None:
    assert (await python("import sys; sys.stderr.write('x' * 70_000); print('ok')")).truncated == ("stderr",)
    both = "import sys; sys.stderr.write('x' * 70_000); sys.stdout.write('x' * 70_000)"
    assert (await python(both)).truncated == ("stdout", "stderr")


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def pids_of(note: Path) -> list[int]:
    return [int(pid) for pid in note.read_text().split()] if note.exists() else []


async def pids_in(note: Path, count: int) -> list[int]:
    assert await poll_until(RealClock(), lambda: len(pids_of(note)) == count, every_s=0.005, timeout_s=20)
    return pids_of(note)


async def all_end(pids: list[int]) -> bool:
    return await poll_until(RealClock(), lambda: not any(map(is_running, pids)), every_s=0.005, timeout_s=10)


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")


def a_family(note: Path) -> list[str]:
    """A command that writes down its own pid, a child's and a grandchild's, all of which would run for long."""
    child = f'(echo $(exec sh -c "echo \\$PPID") >>{note}; sleep 300 & echo $! >>{note}; wait)'
    script = f'echo $$ >>{note}; trap "" TERM HUP; {child}'
    return ["/bin/sh", "-c", script]


@needs_proc
async def test_at_the_deadline_the_whole_family_ends(tmp_path: Path) -> None:
    port, pids = Commands(RealClock(), allowed=True), list[int]()
    for seconds in (0.5, 5.0, 50.0):  # on a busy machine a family takes longer to start
        note = tmp_path / f"pids{seconds}"
        with pytest.raises(CannotMeasure, match=f"/bin/sh did not end within {seconds:g} s") as raised:
            await port.run(a_family(note), timeout_s=seconds, env={})
        assert raised.value.symptom == "timeout"
        if len(pids := pids_of(note)) == 3:
            break
    assert len(pids) == 3
    assert await all_end(pids)


@needs_proc
async def test_cancelled_the_whole_family_ends(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    task = asyncio.create_task(Commands(RealClock(), allowed=True).run(a_family(note), timeout_s=60, env={}))
    pids = await pids_in(note, 3)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert await all_end(pids)


@needs_proc
@pytest.mark.parametrize("turns", range(8))
async def test_cancelled_while_it_is_being_started_nothing_is_left(tmp_path: Path, turns: int) -> None:
    note = tmp_path / "pids"
    task = asyncio.create_task(Commands(RealClock(), allowed=True).run(a_family(note), timeout_s=60, env={}))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 20)
    assert await all_end(pids_of(note))
    assert not [pid for pid in map(str, processes()) if str(note) in command_of(pid)]


def processes() -> list[str]:
    return [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def command_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


@needs_proc
async def test_what_a_finished_command_left_behind_ends_too(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    result = await run("/bin/sh", "-c", f"sleep 300 & echo $! >{note}; echo done")
    assert result.stdout == "done\n"
    assert await all_end(await pids_in(note, 1))


async def test_a_command_that_is_not_there_is_named() -> None:
    with pytest.raises(CannotMeasure, match="the command no-such-command could not be started") as raised:
        await run("no-such-command")
    assert raised.value.symptom == "command"


async def test_without_a_word_from_the_person_nothing_runs() -> None:
    error = await refusal(Commands(RealClock()))
    assert error.symptom == "denied"
    assert "commands are not allowed here" in error.message


async def test_a_file_of_ones_own_with_mode_0600_allows_commands(tmp_path: Path) -> None:
    path = tmp_path / "allow-commands"
    path.touch(mode=0o600)
    result = await Commands(RealClock(), allow_file=path).run(["/bin/true"], timeout_s=5, env={})
    assert result.exit_code == 0


def missing(path: Path) -> None:
    """Leaves no file."""


def open_to_the_group(path: Path) -> None:
    path.touch()
    path.chmod(0o640)


def link(path: Path) -> None:
    real = path.with_name("real")
    real.touch(mode=0o600)
    path.symlink_to(real)


@pytest.mark.parametrize("make", [missing, open_to_the_group, link, Path.mkdir], ids=lambda make: make.__name__)
async def test_a_file_that_others_may_have_made_allows_nothing(tmp_path: Path, make: object) -> None:
    path = tmp_path / "allow-commands"
    assert callable(make)
    make(path)
    error = await refusal(Commands(RealClock(), allow_file=path))
    assert error.symptom == "denied"
    assert str(os.fspath(path)) in error.message
