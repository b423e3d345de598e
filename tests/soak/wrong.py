"""Engines as they must not be. They are kept to show that the harness finds out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from warroom.engine import acting, drafts
from warroom.engine.posting import Posting
from warroom.launch.entries import Draft
from warroom.launch.ledger import Send
from warroom.launch.outcomes import Answer, Found, Next, Verdict
from warroom.launch.procedure_ledger import Act
from warroom.launch.procedures import StepStage
from warroom.updates.channel import Delivery, Fate, Post

WRONG: Final = ("send then record", "record then send")
"""About posts."""
WRONG_ACTS: Final = ("acts without a look", "is done without a read-back")
"""About actions."""


def install(name: str, cross: Callable[[str], None]) -> None:
    """Puts the wrong order in the place of the engine's own; `cross` is called between the two halves of a post."""
    match name:
        case "send then record" | "record then send":
            _post_wrongly(name, cross)
        case "acts without a look":
            Act.begins = property(lambda _: True)  # type: ignore[assignment]
            vars(acting)["before_sending"] = _sent_anyway
        case "is done without a read-back":
            vars(acting)["after_answer"] = _done_already


def _sent_anyway(_: Found) -> Verdict:
    return Verdict(Next.SEND)


def _done_already(answer: Answer, *, in_time: bool) -> Verdict:
    return Verdict(Next.END, StepStage.VERIFIED, answer.said)


def _post_wrongly(name: str, cross: Callable[[str], None]) -> None:
    async def send_then_record(self: Posting, send: Send) -> None:
        delivery = await _post(self, send)
        cross("between")
        await _record(self, send, delivery)

    async def record_then_send(self: Posting, send: Send) -> None:
        await _record(self, send, Delivery(Fate.CONFIRMED, ref="sent, surely"))
        cross("between")
        await _post(self, send)

    Posting.send = {"send then record": send_then_record, "record then send": record_then_send}[name]  # type: ignore[method-assign]


async def _post(posting: Posting, send: Send) -> Delivery:
    record = send.record
    return await posting._channel(record.slot).post(Post(record.key, record.text))


async def _record(posting: Posting, send: Send, delivery: Delivery) -> None:
    claim = Draft("update.sending", {"slot": send.record.slot, "key": send.record.key, "attempt": send.attempt})
    await posting._insist([claim, drafts.delivered(send, delivery, posting._clock.now(), 1.0)])
