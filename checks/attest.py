"""Kind `attest`: what only a person can say, with name and time."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import AfterValidator, Field

from warroom.clock import stamp
from warroom.contract import Answer, Context, Findings, Kind, Parameters, said
from warroom.expect import Said, said_with
from warroom.expect.answers import AnswerType, problem_of
from warroom.text import clean
from warroom.verdict import Measurement, Result, Verdict

_METHOD = "attested"


class Question(Parameters):
    """One thing to ask."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="what --attest NAME=... answers")
    text: Said = Field(min_length=1, description="what the person is asked to confirm or give")
    type: AnswerType = Field(
        "yes_no", description="what the answer must be; a timestamp looks like 2025-11-01T02:00:00Z"
    )
    required: bool = Field(True, description="whether it decides; otherwise it is only listed")
    say: Annotated[Said, said_with("actual")] = Field("", description="the line it contributes to a post")


def _names_differ(questions: tuple[Question, ...]) -> tuple[Question, ...]:
    names = [question.name for question in questions]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"'{twice[0]}' is asked twice")
    return questions


class AttestParameters(Parameters):
    """What to ask."""

    ask: Annotated[tuple[Question, ...], Field(strict=False, min_length=1), AfterValidator(_names_differ)] = Field(
        description="the questions, in order of display"
    )


def _line(question: Question, answer: Answer | None) -> Result:
    say = question.say or (question.text if question.type == "yes_no" else f"{question.text}: {{actual}}")
    expected = "yes" if question.type == "yes_no" else f"a {question.type}"
    if answer is None:
        reason = f"not answered: {question.text} (headless: --attest {question.name}=...)"
        return _unanswered(question, say, expected, "(not answered)", reason)
    by = f"{clean(answer.by, limit=80)} at {stamp(answer.at)}"
    given = clean(answer.text.strip(), limit=200)
    if problem := problem_of(answer.text, question.type):
        return _unanswered(question, say, expected, given, f"{question.text}: {problem}, given by {by}")
    declined = question.type == "yes_no" and given.lower() == "no"
    return Result(
        Verdict.FAIL if declined else Verdict.PASS,
        say=said(say, given, holds=not declined),
        expected=expected,
        actual=f"{given} ({by})",
        reason=f"{question.text}: no, says {by}" if declined else "",
        required=question.required,
        measurement=Measurement(value=given, limit=expected, method=_METHOD, source=by),
    )


def _unanswered(question: Question, say: str, expected: str, actual: str, reason: str) -> Result:
    return Result(
        Verdict.INCONCLUSIVE,
        say=(say if "{actual}" in say else f"{say}: {{actual}}").replace("{actual}", actual),
        expected=expected,
        actual=actual,
        reason=reason,
        required=question.required,
        measurement=Measurement(limit=expected, n=0, method=_METHOD),
    )


async def run(params: AttestParameters, ctx: Context) -> Findings:
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(ctx.people.ask(question.name, question.text, question.type)) for question in params.ask
        ]
    answers = [task.result() for task in asked]
    lines = tuple(map(_line, params.ask, answers))
    given = sum(answer is not None for answer in answers)
    measurement = Measurement(
        value=f"{given}/{len(lines)}", limit=f"{len(lines)}/{len(lines)}", n=given, method=_METHOD
    )
    symptom = {line.name: result.verdict.value for line, result in zip(params.ask, lines, strict=True)}
    return Findings(lines, measurement=measurement, symptom=symptom)


KIND = Kind(
    name="attest",
    summary="what only a person can say: yes or no, a text, a number, a time",
    params=AttestParameters,
    run=run,
    asks=lambda params: tuple(question.name for question in params.ask),
)
