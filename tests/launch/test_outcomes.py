"""Every outcome of an action: by what is read before, by what comes back, by what is read after."""

from __future__ import annotations

import pytest

from warroom.launch.outcomes import (
    Answer,
    Fate,
    Found,
    Next,
    Verdict,
    after_answer,
    after_look,
    before_sending,
)
from warroom.launch.procedures import StepStage

IS, IS_NOT, UNREADABLE = Found(True, "SEND is true"), Found(False, "SEND is false"), Found(None, "no answer in 10 s")


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        pytest.param(
            IS,
            Verdict(Next.END, StepStage.NOOP, "SEND is true already: nothing was changed"),
            id="what is so already is a no-op, said aloud",
        ),
        pytest.param(IS_NOT, Verdict(Next.SEND), id="what is not so is sent"),
        pytest.param(UNREADABLE, Verdict(Next.SEND), id="what cannot be read is sent: pausing is the safe side"),
    ],
)
def test_before_it_is_sent(found: Found, verdict: Verdict) -> None:
    assert before_sending(found) == verdict


@pytest.mark.parametrize(
    ("answer", "in_time", "verdict"),
    [
        pytest.param(
            Answer(Fate.ACCEPTED, "it answers 200"),
            False,
            Verdict(Next.LOOK, StepStage.SENT, "it answers 200"),
            id="what was accepted is read back, however late",
        ),
        pytest.param(
            Answer(Fate.UNKNOWN, "no answer"),
            True,
            Verdict(Next.LOOK, StepStage.UNKNOWN, "no answer"),
            id="a lost answer is read back before anything repeats",
        ),
        pytest.param(
            Answer(Fate.NOT_SENT, "connection refused"),
            True,
            Verdict(Next.SEND, StepStage.UNSENT, "connection refused"),
            id="what provably was not sent is sent again",
        ),
        pytest.param(
            Answer(Fate.NOT_SENT, "connection refused"),
            False,
            Verdict(Next.END, StepStage.FAILED, "nothing was sent: connection refused"),
            id="what was never sent has failed when the time is over",
        ),
        pytest.param(
            Answer(Fate.REFUSED, "it answers 403"),
            True,
            Verdict(Next.END, StepStage.FAILED, "it answers 403"),
            id="what is refused for good is not tried again",
        ),
    ],
)
def test_by_what_comes_back(answer: Answer, in_time: bool, verdict: Verdict) -> None:
    assert after_answer(answer, in_time=in_time) == verdict


VERIFIED, FAILED = StepStage.VERIFIED, StepStage.FAILED


@pytest.mark.parametrize(
    ("stage", "found", "before", "idempotent", "in_time", "verdict"),
    [
        pytest.param(
            *(StepStage.SENT, IS, "it answers 200", False, False),
            Verdict(Next.END, VERIFIED, "SEND is true"),
            id="what is read back is verified, also at the last moment",
        ),
        pytest.param(
            *(StepStage.UNKNOWN, IS, "no answer", False, False),
            Verdict(Next.END, VERIFIED, "SEND is true (no answer)"),
            id="what arrived although its answer was lost is verified, and says so",
        ),
        pytest.param(
            *(StepStage.REQUESTED, IS, "", False, False),
            Verdict(Next.END, VERIFIED, "SEND is true"),
            id="what was found in place after a crash is verified",
        ),
        pytest.param(
            *(StepStage.SENT, IS_NOT, "it answers 200", True, True),
            Verdict(Next.LOOK),
            id="what was accepted may take a while to show, and is not sent again",
        ),
        pytest.param(
            *(StepStage.SENT, IS_NOT, "it answers 200", True, False),
            Verdict(Next.END, FAILED, "it answers 200, yet SEND is false"),
            id="a lever that says 200 and does not change has failed",
        ),
        pytest.param(
            *(StepStage.SENT, UNREADABLE, "it answers 200", True, True),
            Verdict(Next.LOOK),
            id="what cannot be read back is read again",
        ),
        pytest.param(
            *(StepStage.SENT, UNREADABLE, "it answers 200", True, False),
            Verdict(Next.END, FAILED, "it answers 200, yet it cannot be read back: no answer in 10 s"),
            id="what could not be read back in time has failed: nobody saw it",
        ),
        pytest.param(
            *(StepStage.UNKNOWN, IS_NOT, "it answers 500", True, True),
            Verdict(Next.SEND),
            id="what is idempotent and not there is sent again",
        ),
        pytest.param(
            *(StepStage.UNKNOWN, IS_NOT, "it answers 500", False, True),
            Verdict(Next.LOOK),
            id="what may not be done twice is only looked for",
        ),
        pytest.param(
            *(StepStage.UNKNOWN, UNREADABLE, "it answers 500", True, True),
            Verdict(Next.LOOK),
            id="what cannot be read is not sent again: it may be there",
        ),
        pytest.param(
            *(StepStage.UNKNOWN, IS_NOT, "it answers 500", True, False),
            Verdict(Next.END, FAILED, "it answers 500; SEND is false"),
            id="what is not there when the time is over has failed, with both reasons",
        ),
        pytest.param(
            *(StepStage.UNKNOWN, UNREADABLE, "it answers 500", True, False),
            Verdict(Next.END, FAILED, "it answers 500; it cannot be read back: no answer in 10 s"),
            id="neither sent for sure nor readable: failed, with both reasons",
        ),
        pytest.param(
            *(StepStage.REQUESTED, IS_NOT, "", True, True),
            Verdict(Next.SEND),
            id="what the last engine meant to send and is not there is sent, where twice is no more than once",
        ),
        pytest.param(
            *(StepStage.REQUESTED, IS_NOT, "", False, False),
            Verdict(Next.END, FAILED, "nobody knows whether it was sent before the engine ended; SEND is false"),
            id="what the last engine may have sent once is not sent twice",
        ),
        pytest.param(
            *(StepStage.TICKED, IS, "by hand", True, True),
            Verdict(Next.END, VERIFIED, "SEND is true"),
            id="what a person did and is read back is verified",
        ),
        pytest.param(
            *(StepStage.TICKED, IS_NOT, "", True, False),
            Verdict(Next.END, FAILED, "a person says that it is done, yet SEND is false"),
            id="a person's word that is not so has failed",
        ),
        pytest.param(
            *(StepStage.TICKED, IS_NOT, "", True, True),
            Verdict(Next.LOOK),
            id="what a person did is never sent beside it",
        ),
    ],
)
def test_by_what_is_read_back(
    stage: StepStage, found: Found, before: str, idempotent: bool, in_time: bool, verdict: Verdict
) -> None:
    assert after_look(stage, found, before, idempotent=idempotent, in_time=in_time) == verdict
