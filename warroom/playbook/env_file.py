"""Files of `KEY=VALUE` lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from warroom.errors import PlaybookError, Problem
from warroom.playbook.reading import MAX_BYTES, reason_of

_LINE: Final = re.compile(r"(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(?P<value>.*)")
_DOUBLE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"[ \t]*(?:#.*)?')
_SINGLE: Final = re.compile(r"'([^']*)'[ \t]*(?:#.*)?")
_LOST: Final = re.compile(r"#[^\s#]")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of an env-file, in its order.

    A line is empty, a comment, or `KEY=VALUE`, with `export` before it if need be. In double quotes backslash
    escapes hold, in single quotes nothing does; without quotes ` #` begins a comment. `KEY=#value` and `KEY = #value`
    are none of these: the value would be lost as a comment. A pipe can be read as well.
    Raises PlaybookError with every line that is none of these; nothing of a value is in it.
    """
    shown = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PlaybookError([Problem(shown, 0, 0, "", "is not UTF-8")]) from None
    except (OSError, ValueError) as error:
        raise PlaybookError([Problem(shown, 0, 0, "", f"cannot be read: {reason_of(error)}")]) from None
    if len(data) > MAX_BYTES:
        raise PlaybookError([Problem(shown, 0, 0, "", f"is larger than {MAX_BYTES // 1024:,} KiB")])
    return _variables(text, shown)


def _variables(text: str, shown: str) -> dict[str, str]:
    values: dict[str, str] = {}
    problems = []
    for number, line in enumerate(re.split("\r\n|\r|\n", text), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        column = len(line) - len(line.lstrip()) + 1
        if not match:
            problems.append(Problem(shown, number, column, "", "is not KEY=VALUE", "begin a comment with #"))
            continue
        name = match["name"]
        value = _unquote(match["value"])
        if name in values:
            problems.append(Problem(shown, number, column, name, "is given a second time in this file"))
        elif _LOST.match(match["value"]):
            at, lost = column + match.start("value"), "an unquoted # begins a comment: the value would be empty"
            problems.append(Problem(shown, number, at, name, lost, f'write it in quotes, {name}="#..."'))
        elif value is None:
            at = column + match.start("value")
            problems.append(Problem(shown, number, at, name, "the quotes are not closed, or something follows them"))
        else:
            values[name] = value
    if problems:
        raise PlaybookError(problems)
    return values


def _unquote(value: str) -> str | None:
    """The value without quotes and comment; None where quotes are open."""
    if value.startswith('"'):
        match = _DOUBLE.fullmatch(value)
        return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), match[1]) if match else None
    if value.startswith("'"):
        match = _SINGLE.fullmatch(value)
        return match[1] if match else None
    return re.split(r"(?:^|[ \t])#", value, maxsplit=1)[0].rstrip()
