"""What a part of the engine may raise without ending it: everything, unless the engine itself is to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def ends_the_engine(error: BaseException) -> bool:
    """Whether `error` is meant for the engine: Ctrl-C in its process, or the cancellation of the task that runs.

    Everything else is a defect of the part that raised it, a CancelledError of nobody's making and SystemExit too.
    """
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt | GeneratorExit)


def defect(error: BaseException) -> str:
    """What is said of it: never its text, which may hold anything."""
    return f"a defect of Warroom: {type(error).__name__}"


def contained(sink: Callable[[T], object], failed: Callable[[str], object]) -> Callable[[T], None]:
    """`sink`, which no longer raises; `failed` is told what it raised, or an empty text when it went well."""

    def take(what: T) -> None:
        problem = ""
        try:
            sink(what)
        except BaseException as error:
            if ends_the_engine(error):
                raise
            problem = defect(error)
        failed(problem)

    return take
