"""What an answer and a read-back say about an action: the whole table of it, pure.

Nothing is called done that was not read back. An answer that never came says nothing: what was meant is looked for
before anything is sent again, and what may not be sent twice never is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from warroom.launch.procedures import Before, StepStage


class Fate(StrEnum):
    """What became of a request or a command. NOT_SENT: it provably changed nothing. UNKNOWN: it may have."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and a sentence about it such as `it answers 500`."""

    fate: Fate
    said: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a read-back found: whether the state is the one that is wanted, None where it cannot be read. `said` is a
    sentence about it, such as `DISABLE_SEND is false`. `read` is what it was, to hold a later one against; None where
    nothing was read, or a condition says what is wanted."""

    holds: bool | None
    said: str
    read: Before | None = None


class Next(StrEnum):
    """What is to be done next with an action."""

    END = "end"
    LOOK = "look"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the action stands now, and what is to be done next with it. `stage` is None where it stands as before."""

    next: Next
    stage: StepStage | None = None
    reason: str = ""


_LOOK_AGAIN: Final = Verdict(Next.LOOK)


def before_sending(found: Found) -> Verdict:
    """By what is read before anything is sent. What cannot be read is sent: to pause is safe, not to is not."""
    if found.holds:
        return Verdict(Next.END, StepStage.NOOP, f"{found.said} already: nothing was changed")
    return Verdict(Next.SEND)


def after_answer(answer: Answer, *, in_time: bool) -> Verdict:
    """By what came back. `in_time`: there is time left to try again."""
    match answer.fate:
        case Fate.ACCEPTED:
            return Verdict(Next.LOOK, StepStage.SENT, answer.said)
        case Fate.UNKNOWN:
            return Verdict(Next.LOOK, StepStage.UNKNOWN, answer.said)
        case Fate.NOT_SENT if in_time:
            return Verdict(Next.SEND, StepStage.UNSENT, answer.said)
        case Fate.NOT_SENT:
            return Verdict(Next.END, StepStage.FAILED, f"nothing was sent: {answer.said}")
        case Fate.REFUSED:
            return Verdict(Next.END, StepStage.FAILED, answer.said)


def after_look(stage: StepStage, found: Found, before: str, *, idempotent: bool, in_time: bool) -> Verdict:
    """By what is read back of an action that stands at `stage`; `before` is the reason why it does.

    What was accepted has the time that is left to take effect. What may have been lost is sent again where doing it
    twice does no more than once, and otherwise looked for until the time is over.
    """
    if found.holds:
        return Verdict(
            Next.END, StepStage.VERIFIED, found.said + (f" ({before})" if _is_odd(stage) and before else "")
        )
    if not in_time:
        return Verdict(Next.END, StepStage.FAILED, _failed(stage, found, before))
    is_lost = stage in (StepStage.REQUESTED, StepStage.UNKNOWN)
    return Verdict(Next.SEND) if is_lost and idempotent and found.holds is False else _LOOK_AGAIN


def _is_odd(stage: StepStage) -> bool:
    """Whether that it worked is a surprise, so that the reason for doubt is told with it."""
    return stage in (StepStage.REQUESTED, StepStage.UNKNOWN)


def _failed(stage: StepStage, found: Found, before: str) -> str:
    said = found.said if found.holds is False else f"it cannot be read back: {found.said}"
    match stage:
        case StepStage.SENT:
            return f"{before or 'it was accepted'}, yet {said}"
        case StepStage.TICKED:
            return f"a person says that it is done, yet {said}"
        case _:
            doubt = before or "nobody knows whether it was sent before the engine ended"
            return f"{doubt}; {said}"
