"""What a part that somebody else wrote may raise: one of every kind, made anew each time."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from collections.abc import Callable
from typing import Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import OperationalError

SECRET: Final = "hunter22 \x1b[2J"


def _validation() -> ValidationError:
    try:
        TypeAdapter(int).validate_python(SECRET)
    except ValidationError as error:
        return error
    raise AssertionError("a text is no number")


def _plain(kind: type[BaseException]) -> Callable[[], BaseException]:
    return lambda: kind(SECRET)


KINDS: Final[dict[str, Callable[[], BaseException]]] = {
    **{
        kind.__name__: _plain(kind)
        for kind in (
            ArithmeticError,
            AssertionError,
            AttributeError,
            BufferError,
            EOFError,
            ImportError,
            IndexError,
            KeyError,
            LookupError,
            MemoryError,
            NotImplementedError,
            OverflowError,
            RecursionError,
            RuntimeError,
            StopAsyncIteration,
            StopIteration,
            SystemExit,
            TimeoutError,
            TypeError,
            UnicodeError,
            ValueError,
            BrokenPipeError,
            ConnectionResetError,
            asyncio.CancelledError,
        )
    },
    "OSError (EIO)": lambda: OSError(errno.EIO, os.strerror(errno.EIO), SECRET),
    "OSError without a number": lambda: OSError(SECRET),
    "UnicodeDecodeError": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, SECRET),
    "ExceptionGroup": lambda: ExceptionGroup(SECRET, [ValueError(SECRET), OSError(SECRET)]),
    "BaseExceptionGroup": lambda: BaseExceptionGroup(SECRET, [SystemExit(SECRET), ValueError(SECRET)]),
    "pydantic's ValidationError": _validation,
    "sqlite3.OperationalError": lambda: sqlite3.OperationalError(SECRET),
    "SQLAlchemy's OperationalError": lambda: OperationalError(SECRET, {}, sqlite3.OperationalError(SECRET)),
}
"""Their texts hold what nobody may see. Ctrl-C is not among them: it is meant for the process."""
