"""Exit codes and the exceptions a person is shown.

Every exception of ours carries the exit code it ends a command with, and a hint: what to do now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """Exit codes of `verify` and headless `run`."""

    GREEN = 0
    RED = 1
    USAGE = 2
    UNKNOWN = 3
    NOT_STRICT = 4
    NOTHING_SELECTED = 5
    TRIGGER_FIRED = 6
    UPDATE_UNDELIVERED = 7
    INTERNAL = 70
    INTERRUPTED = 130
    TERMINATED = 143


_PRECEDENCE = (
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.INTERNAL,
    ExitCode.USAGE,
    ExitCode.NOTHING_SELECTED,
    ExitCode.TRIGGER_FIRED,
    ExitCode.UPDATE_UNDELIVERED,
    ExitCode.RED,
    ExitCode.UNKNOWN,
    ExitCode.NOT_STRICT,
    ExitCode.GREEN,
)


def first_exit_code(codes: Iterable[ExitCode]) -> ExitCode:
    """The one exit code for several outcomes at once; GREEN for none."""
    present = set(codes)
    return next((code for code in _PRECEDENCE if code in present), ExitCode.GREEN)


class WarroomError(Exception):
    """Something a person must be told: what happened, and in `hint` what to do now."""

    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(WarroomError):
    """The command cannot start as it was called. Nothing was sent."""

    exit_code = ExitCode.USAGE


class NothingSelected(WarroomError):
    """The selection left no check to run."""

    exit_code = ExitCode.NOTHING_SELECTED


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding in a playbook or in the inputs of one.

    `line` and `column` count from 1; 0 means that the place is not in a file (an environment variable, say).
    """

    file: str
    line: int
    column: int
    key: str
    message: str
    suggestion: str = ""
    source_line: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        more = f" ({self.suggestion})" if self.suggestion else ""
        return f"{place}:{key} {self.message}{more}"

    def with_caret(self) -> str:
        """The problem, the line it stands on and a caret below its column; several lines of text."""
        if not self.source_line:
            return str(self)
        return f"{self}\n    {self.source_line}\n    {' ' * (self.column - 1)}^"


class PlaybookError(UsageError):
    """A playbook, or the inputs given for it, cannot be used. Carries every problem at once, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in the playbook or its inputs")

    def __str__(self) -> str:
        return "\n".join(problem.with_caret() for problem in self.problems)


class NotNow(WarroomError):
    """It cannot be done now, through no fault of whoever asked (a full disk, say). Unless the message says otherwise
    nothing of it was recorded."""

    exit_code = ExitCode.UNKNOWN


class OutputLost(WarroomError):
    """What was found could not be told: nobody may take silence for green."""

    exit_code = ExitCode.UNKNOWN


# What a gateway answers that has nothing behind it, as it goes while a deployment goes on.
GATEWAY: Final = frozenset((502, 503, 504))


class CannotMeasure(WarroomError):
    """A check could not get its measurement (DNS, TLS, time-out, unreadable answer): the verdict is `error`.

    The message is a sentence for the person on call. `symptom` names the fault in a word that hints and
    reports can match: `timeout`, `refused`, `dns`, `tls`, `reset`, `gateway` (an answer of `GATEWAY`),
    `too_large`, `unreadable`, `denied`, `command`, `internal`. `reproduce` is a command line that repeats the
    request, where there was one.
    """

    exit_code = ExitCode.UNKNOWN

    def __init__(self, message: str, *, symptom: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.symptom = symptom
        self.reproduce = ""
