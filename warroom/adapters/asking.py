"""Answers of people, given before the run."""

from __future__ import annotations

import os
from collections.abc import Mapping

from warroom.clock import Clock
from warroom.contract import Answer
from warroom.launch.entries import MACHINES


def user_name() -> str:
    """Who runs this process, by user id, as $LOGNAME can say anything; `uid 1234` where it has no name."""
    if not hasattr(os, "getuid"):  # Windows, where the name comes from the session
        return os.getlogin()
    return name_of(os.getuid())


def name_of(uid: int) -> str:
    """The name of the user with that id; `uid 1234` where it has none, `engine (uid 1234)` where it is one under
    which Warroom itself acts."""
    import pwd

    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
    return f"{name} (uid {uid})" if name in MACHINES else name


class GivenAnswers:
    """Answers from `--attest NAME=ANSWER`, in the name of the user who runs the process; nobody else is asked."""

    def __init__(self, answers: Mapping[str, str], clock: Clock, *, by: str | None = None) -> None:
        self._answers = dict(answers)
        self._by = user_name() if by is None else by
        self._at = clock.now()

    async def ask(self, name: str, text: str, answer_type: str) -> Answer | None:
        """The answer given for `name`, with the time at which the run was started; None where none was given."""
        if name not in self._answers:
            return None
        return Answer(self._answers[name], self._by, self._at)
