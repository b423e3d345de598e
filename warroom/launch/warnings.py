"""What runs of suites warn of beside their verdicts, such as a certificate that expires soon: told once a launch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from warroom.events import Noted
from warroom.launch.entries import Draft

_MOST: Final = 100
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Warned:
    """What a run of `suite` (or the ids of checks that ran on their own) warned of first."""

    text: str
    suite: str
    at: datetime


def warnings_in(notes: Iterable[Noted], known: Iterable[Warned], suite: str) -> list[Draft]:
    """What is journaled of the notes of a run: the warnings that nobody has had yet in this launch, at most a hundred
    in all. That a certificate expires in 2.9 days after it was in 3.1 is no news."""
    told = {_gist(one.text) for one in known}
    drafts = []
    for note in notes:
        if note.severity == "warning" and _gist(note.text) not in told and len(told) < _MOST:
            told.add(_gist(note.text))
            drafts.append(Draft("suite.warned", {"suite": suite, "text": note.text}))
    return drafts


def _gist(text: str) -> str:
    return _NUMBER.sub("#", text)
