"""Turns the command line into an exit code, and whatever goes wrong into a sentence for a person."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from warroom.errors import ExitCode, OutputLost, PlaybookError, WarroomError
from warroom.text import clean, one_line


def run(arguments: Sequence[str]) -> int:
    """Runs one command. Never raises and never prints a trace."""
    try:
        from warroom.cli import command_line

        return command_line(list(arguments))
    except WarroomError as error:
        _tell(error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        _say("interrupted")
        return int(ExitCode.INTERRUPTED)
    except OSError as error:
        if error.errno not in (errno.EMFILE, errno.ENFILE):
            return _defect(error)
        _say(f"{error.strerror}: this process may have no more; nothing more was done")
        _say("hint: allow it more, for example with: ulimit -n 1024")
        return int(ExitCode.UNKNOWN)
    except (Exception, SystemExit) as defect:  # noqa: BLE001 - the last line of defence: a person is shown a sentence
        return _defect(defect)


def _defect(defect: BaseException) -> int:
    _say(f"internal error: {type(defect).__name__} {_place(defect)}")
    _say("this is a defect of Warroom, not of your service or playbook; nothing more was done")
    return int(ExitCode.INTERNAL)


def _tell(error: WarroomError) -> None:
    if isinstance(error, PlaybookError):
        _say(error.message)
        _write(clean(str(error), limit=200_000, lines=True))
    else:
        _say(error.message)
    if error.hint:
        from warroom.cli.program import as_called

        _say(f"hint: {as_called(error.hint)}")


def _say(text: str) -> None:
    _write(f"warroom: {one_line(text, limit=1_000)}")


def _write(text: str) -> None:
    from warroom.cli.plain import write

    # Where the terminal is gone there is nobody to tell; the exit code still says what happened.
    with suppress(OutputLost):
        write(sys.stderr, text)


def _place(defect: BaseException) -> str:
    """Where the defect was raised, by file name and line; its message is left out, it may hold a secret."""
    trace = defect.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
