"""What a finished verification leaves: the evidence log, the reports, and the verdict on stdout."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from warroom.cli.plain import narrate, write
from warroom.errors import ExitCode
from warroom.report import FORMATS
from warroom.suite_state import SuiteState

_JOB_SUMMARY = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command reads and writes. `ascii_only`: the output's encoding has no room for our symbols."""

    out: TextIO
    err: TextIO
    is_console: bool
    color: bool
    ascii_only: bool

    @classmethod
    def of_process(cls, environ: Mapping[str, str]) -> Terminal:
        """The terminal of this process; NO_COLOR and FORCE_COLOR are obeyed (no-color.org, force-color.org)."""
        capable = environ.get("TERM", "dumb") != "dumb"
        tty = sys.stdin.isatty() and sys.stdout.isatty() and capable
        color = bool(environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and capable)
        encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, ValueError):
                # Whatever the terminal cannot write becomes an escape instead of ending the command.
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        no_color = bool(environ.get("NO_COLOR"))
        return cls(sys.stdout, sys.stderr, tty, color and not no_color, not encoding.startswith("utf"))


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the results go: the format on stdout, and files by format."""

    format: str
    files: Mapping[str, Path]

    def write(self, state: SuiteState, terminal: Terminal, environ: Mapping[str, str]) -> list[str]:
        """Writes every report and prints the verdict; sentences on what could not be written. Raises OutputLost where
        the verdict could not be printed: then the files are there."""
        problems = [_write_report(name, path, FORMATS[name](state)) for name, path in self.files.items()]
        if "github" in (self.format, *self.files) and environ.get(_JOB_SUMMARY):
            problems.append(_add_job_summary(Path(environ[_JOB_SUMMARY]), state, terminal))
        if self.format == "text":
            from warroom.report.text import summary

            write(terminal.out, summary(state, color=terminal.color, ascii_only=terminal.ascii_only))
        else:
            write(terminal.out, FORMATS[self.format](state).rstrip("\n"))
        return [problem for problem in problems if problem]


def _write_report(name: str, path: Path, text: str) -> str:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        return f"the {name} report could not be written to {path}: {error.strerror}"
    return ""


def _add_job_summary(path: Path, state: SuiteState, terminal: Terminal) -> str:
    from warroom.report.github import summary_markdown

    try:
        with path.open("a", encoding="utf-8") as file:
            text = summary_markdown(state, used=file.tell())
            file.write(text)
        if not text:
            # Who filled it is another step's affair: the verdict and every other report are there.
            narrate(terminal.err, "warroom: the job summary has no room left (GitHub takes 1 MiB): nothing was added")
    except OSError as error:
        return f"the job summary could not be written: {error.strerror}"
    return ""


def end(code: ExitCode, problems: list[str], terminal: Terminal) -> ExitCode:
    """Tells the problems; a verdict whose evidence or report is lost does not count as green."""
    for problem in problems:
        narrate(terminal.err, f"warroom: {problem}")
    return ExitCode.UNKNOWN if problems and code in (ExitCode.GREEN, ExitCode.NOT_STRICT) else code
