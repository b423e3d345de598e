"""Asking the person at the console."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from warroom.adapters.asking import GivenAnswers, user_name
from warroom.clock import Clock
from warroom.contract import Answer
from warroom.errors import UsageError
from warroom.events import Answered, Asked, Event, Question
from warroom.text import clean


class ConsolePeople:
    """Puts questions to the console and waits for the answers; what was given with `--attest` is not asked."""

    def __init__(self, check: str, given: GivenAnswers, board: QuestionBoard) -> None:
        self._check = check
        self._given = given
        self._board = board

    async def ask(self, name: str, text: str, answer_type: str) -> Answer | None:
        """The answer; waits as long as it takes."""
        answer = await self._given.ask(name, text, answer_type)
        if answer is not None:
            return answer
        return await self._board.put(Question(f"{self._check}.{name}", self._check, clean(text), answer_type))


class QuestionBoard:
    """The open questions of a run, and whoever waits for their answers."""

    def __init__(self, emit: Callable[[Event], object], clock: Clock) -> None:
        self._emit = emit
        self._clock = clock
        self._by = user_name()
        self._open: dict[str, asyncio.Future[Answer]] = {}

    async def put(self, question: Question) -> Answer:
        """Asks, and waits for the answer."""
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._open[question.id] = answered
        self._emit(Asked(question))
        try:
            return await answered
        finally:
            del self._open[question.id]

    async def answer(self, question_id: str, text: str) -> None:
        """Hands the answer to whoever asked. Raises UsageError for a question that is not open."""
        waiting = self._open.get(question_id)
        if waiting is None or waiting.done():
            raise UsageError("this question is no longer open")
        now: datetime = self._clock.now()
        waiting.set_result(Answer(text, self._by, now))
        self._emit(Answered(question_id, clean(text), self._by))
