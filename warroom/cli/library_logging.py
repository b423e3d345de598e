"""What libraries log, which would go to stderr as it is: traces, without end, and waiting for whoever reads it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Final

from warroom.text import clean

_MOST: Final = 100


class _Heard(logging.Handler):
    """Says each sentence once, without what it is about: that may be anything, a secret too."""

    def __init__(self, say: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._say = say
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        sentence = clean(str(record.msg).strip().partition("\n")[0], limit=200)
        if record.exc_info and record.exc_info[0]:
            sentence += f" ({record.exc_info[0].__name__})"
        text = f"{record.name}: {sentence}"
        if text not in self._said and len(self._said) < _MOST:
            self._said.add(text)
            self._say(text)


@contextlib.contextmanager
def libraries_say(say: Callable[[str], object]) -> Iterator[None]:
    """Until it ends, `say` is handed what libraries warn of: the first 100 different sentences, each once."""
    heard = _Heard(say)
    root = logging.getLogger()
    root.addHandler(heard)
    try:
        yield
    finally:
        root.removeHandler(heard)
