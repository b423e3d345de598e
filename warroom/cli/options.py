"""What the commands are called with, checked before anything else happens."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from warroom.errors import UsageError
from warroom.text import did_you_mean, one_line
from warroom.units import parse_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a suite is run; empty means not given. `wait` is a duration such as `3m`."""

    gates: tuple[str, ...] = ()
    attest: tuple[str, ...] = ()
    wait: str = ""
    evidence: Path | None = None
    strict: bool = False
    allow_commands: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions(RunOptions):
    """The options of `warroom verify`; empty means not given.

    `simulated_by` is the control address of the simulator when the services are simulated: everything that the run
    shows or keeps then says so.
    """

    playbook: Path
    headless: bool = False
    suite: str = ""
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    env_file: Path | None = None
    environment: str = ""
    format: str = "text"
    reports: tuple[str, ...] = ()
    simulated_by: str = ""


def pairs(items: Sequence[str], option: str, example: str = "NAME=value") -> dict[str, str]:
    """`NAME=VALUE` items as a mapping. Raises UsageError for one without `=`, or named twice."""
    found: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name:
            # The item itself is not repeated: it may be a secret that lacks its name.
            raise UsageError(f"{option} takes NAME=VALUE", hint=f"for example {option} {example}")
        if name in found:
            raise UsageError(f"{option} {one_line(name)} is given twice")
        found[name] = value
    return found


def answers(items: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """`NAME=ANSWER` items as a mapping. Raises UsageError for a name that nothing in the playbook asks for."""
    given = pairs(items, "--attest")
    for name in given:
        if name not in known:
            hint = did_you_mean(name, list(known)) or f"asked for are: {', '.join(known) or 'none'}"
            raise UsageError(f"--attest {one_line(name)}: nothing in the playbook asks for it", hint=hint)
    return given


def output_format(name: str, formats: Sequence[str]) -> str:
    """A known format's name. Raises UsageError for an unknown one."""
    if name not in formats:
        near = did_you_mean(name.lower(), list(formats))
        raise UsageError(f"there is no report format '{one_line(name)}'", hint=near or f"one of {', '.join(formats)}")
    return name


def report_files(items: Sequence[str], formats: Sequence[str], read: Sequence[Path] = ()) -> dict[str, Path]:
    """`FORMAT=FILE` items as a mapping; folders are made as needed.

    Raises UsageError for an unknown format, a file that cannot be there, one of the files that are `read`, and a file
    named for two formats.
    """
    files: dict[str, Path] = {}
    for name, file in pairs(items, "--report", "junit=junit.xml").items():
        output_format(name, formats)
        path = Path(file)
        if any(path.exists() and other.exists() and path.samefile(other) for other in read):
            raise UsageError(f"--report {name}: {one_line(file)} is read by this command and would be overwritten")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"--report {name}: cannot write {one_line(file)}: {error.strerror}") from None
        if not file or path.is_dir():
            raise UsageError(f"--report {name}: '{one_line(file)}' is no file", hint="name a file to write")
        same = next((other for other, known in files.items() if _is_same_file(path, known)), "")
        if same:
            both = f"--report {same}={one_line(str(files[same]))} and --report {name}={one_line(file)}"
            raise UsageError(f"{both} are the same file", hint="name a file for each")
        files[name] = path
    return files


def _is_same_file(one: Path, other: Path) -> bool:
    """Whether what is written to one is lost when the other is written; a terminal or a pipe takes both."""
    if one.exists() and not one.is_file():
        return False
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    return one.exists() and other.exists() and one.samefile(other)


def until_of(wait: str, declared: tuple[float, float]) -> tuple[float, float]:
    """How long to try until ready, and how often, in seconds: `--wait` over what the suite declares.

    `--wait 0s` tries once; any other wait tries every 5 s, or as often as fits four times for shorter ones.
    """
    if not wait:
        return declared
    try:
        timeout_s = parse_duration(wait).total_seconds()
    except ValueError as error:
        raise UsageError(f"--wait: {error}") from None
    return (timeout_s, min(5.0, timeout_s / 4))
